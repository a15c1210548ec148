import type { ProjectState } from '#vercel/project';
import { hasEnded, type ReconcileFacts } from './decide-reconcile.ts';
import type { Lock, LockTarget } from './lock-record.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';
import { movedTo } from './rollback-move.ts';
import { type NoteScope, type RollbackNote, readRollbackNote } from './rollback-note.ts';

/** A rollback that Vercel shows, with the note of whoever asked for it. */
export interface NotedRollback extends RollbackNote {
  /** A run of GitHub's; absent for a laptop. */
  runId?: number | undefined;
  target: LockTarget;
  from?: string | undefined;
  /** Vercel's own word for its user. */
  by?: string | undefined;
  /** When Vercel took it; milliseconds. */
  at: number;
}

/** The rollback that holds production now, where its note is one of ours and its domains have moved. Pure. */
export function findNotedRollback(
  state: Pick<ProjectState, 'pinnedRollback' | 'lastAliasRequest'>,
  scope: NoteScope,
): NotedRollback | undefined {
  const { pinnedRollback: pin, lastAliasRequest: last } = state;
  const note = pin?.description === undefined ? undefined : readRollbackNote(pin.description, scope);
  if (pin?.at === undefined || note === undefined) return undefined;
  // Not at its end yet, or never: then what is served is what was left.
  if (last === undefined || !['succeeded', 'skipped'].includes(last.jobStatus)) return undefined;
  if (pin.deploymentId === pin.from) return undefined;
  const { deploymentId, apps, from, by, at } = pin;
  return { ...note, target: { deploymentId, ...(apps && { apps }) }, from, by, at };
}

/** What the record of such a rollback still needs. */
export interface ImportPlan {
  /** There already: GitHub came back in the middle, or an earlier import died. */
  lock?: Lock | undefined;
  takesLock: boolean;
  /** It is of a release whose own entry is open: with the lock that is brought to its end, and told, like any other. */
  isOwn: boolean;
  /** Entries that do not say so yet: of the release that was left, and of the one that had been left for it before. */
  entries: ReleaseRecord[];
  /** A release that may have been left before, where nothing proves it: a sentence. */
  unproven?: string | undefined;
}

/** A silence of GitHub is over by then; what is older was written down, or a person has looked at it. Milliseconds. */
const importWithinMs = 14 * 24 * 60 * 60 * 1000;

/** GitHub's and Vercel's clocks may differ by so much; milliseconds. */
const skewMs = 5 * 60 * 1000;

/**
 * Compares Vercel's rollback with the ledger: undefined where nothing is missing or where its own run still writes, a sentence where
 * the note cannot be true. `locks` holds those with its key, lifted ones too. Pure.
 */
export function decideImport(
  noted: NotedRollback,
  facts: Pick<ReconcileFacts, 'releases' | 'locks' | 'endedRuns' | 'liveRuns' | 'now'>,
): ImportPlan | { refused: string } | undefined {
  const { key, target, from, at, runId } = noted;
  if (facts.now - at > importWithinMs) return undefined;
  if (runId !== undefined && !hasEnded(facts, { runId, since: at })) return undefined;
  const own = facts.locks.filter((one) => one.key === key && one.target !== undefined);
  // Of two that were written at once the lower one stayed.
  const lock = own.toSorted((a, b) => a.id - b.id)[0];
  if (lock !== undefined && lock.target?.deploymentId !== target.deploymentId) {
    const named = `lock ${lock.id}, which names ${lock.target?.deploymentId}`;
    return { refused: `Vercel’s note of the rollback to ${target.deploymentId} bears the key of ${named}` };
  }
  // Whoever could write that it failed, or that there was nothing to move, was not silenced.
  if (lock?.rollback !== undefined && lock.rollback !== 'rolled-back') return undefined;
  const isOwn = facts.releases.some((release) => release.key === key && release.decision === undefined);
  const lifted = facts.locks.some(
    (one) => one.target?.deploymentId === target.deploymentId && (one.releasedAt ?? 0) >= at - 1000,
  );
  const takesLock = lock === undefined && !lifted;
  const left = isOwn ? undefined : facts.releases.find((release) => release.deploymentId === from);
  const before = leftBefore(noted, facts);
  const entries = [left, before.entry].flatMap((entry) => (entry === undefined || saysSo(entry, noted) ? [] : [entry]));
  const ends = lock !== undefined && lock.rollback === undefined && !isOwn;
  if (!takesLock && entries.length === 0 && !ends) return undefined;
  return { lock, takesLock, isOwn, entries, unproven: before.unproven };
}

/**
 * Vercel keeps the last rollback alone. Where the ledger's own last word is that a newer release served than the one that this
 * rollback left, production had gone back once before, unseen.
 */
function leftBefore(
  noted: NotedRollback,
  facts: Pick<ReconcileFacts, 'releases' | 'locks'>,
): { entry?: ReleaseRecord; unproven?: string } {
  const { from, target } = noted;
  const served = lastServed(noted, facts);
  if (served === undefined || served === from || served === target.deploymentId) return {};
  const releaseOf = (id: string | undefined) => facts.releases.find(({ deploymentId }) => deploymentId === id);
  const [newer, left] = [releaseOf(served), from === undefined ? undefined : releaseOf(from)];
  if (newer?.promotedAt === undefined) return {};
  if (left?.promotedAt === undefined) {
    const unknown = `${from ?? 'what Vercel does not name'}, which the ledger does not know,`;
    const why = `${unknown} served between it and this rollback`;
    return { unproven: `Whether ${newer.version} was taken back, too, cannot be told: ${why}. It stays what it was` };
  }
  return left.promotedAt < newer.promotedAt ? { entry: newer } : {};
}

/** The deployment that the ledger last saw in production before this rollback, by promotions and rollbacks that it knows. */
function lastServed(noted: NotedRollback, { releases, locks }: Pick<ReconcileFacts, 'releases' | 'locks'>) {
  const promoted = releases.map(({ deploymentId, promotedAt }) => ({ deploymentId, at: promotedAt }));
  const back = releases.flatMap((release) =>
    release.facts
      .filter((fact) => isOutcome(fact) && fact.word === 'rolled-back' && !says(fact, noted))
      .map(({ text, at }) => ({ deploymentId: movedTo(text), at })),
  );
  const locked = locks
    .filter(({ key, rollback }) => key !== noted.key && rollback === 'rolled-back')
    .map(({ target, createdAt }) => ({ deploymentId: target?.deploymentId, at: createdAt }));
  const seen = [...promoted, ...back, ...locked].flatMap(({ deploymentId, at }) =>
    deploymentId === undefined || at === undefined ? [] : [{ deploymentId, at }],
  );
  return seen.toSorted((a, b) => a.at - b.at).at(-1)?.deploymentId;
}

function saysSo({ facts }: ReleaseRecord, noted: NotedRollback): boolean {
  return facts.some((fact) => isOutcome(fact) && fact.word !== 'failed' && says(fact, noted));
}

function isOutcome({ step, kind }: LedgerFact): boolean {
  return step === 'rollback' && kind === 'outcome';
}

/** The fact is of this rollback, not of an earlier one. */
function says({ text, at: written }: LedgerFact, { target, at }: NotedRollback): boolean {
  return movedTo(text) === target.deploymentId && written >= at - skewMs;
}
