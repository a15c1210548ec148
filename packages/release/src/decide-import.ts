import type { ProjectState } from '#vercel/project';
import { hasEnded, type ReconcileFacts } from './decide-reconcile.ts';
import type { Lock, LockTarget } from './lock-record.ts';
import type { ReleaseRecord } from './release-record.ts';
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
  /** Entry of the release that was left, where it does not say so yet. */
  entry?: ReleaseRecord | undefined;
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
  const left = facts.releases.find((release) => release.deploymentId === from);
  const entry = isOwn || left === undefined || saysSo(left, noted) ? undefined : left;
  const ends = lock !== undefined && lock.rollback === undefined && !isOwn;
  return takesLock || entry !== undefined || ends ? { lock, takesLock, isOwn, entry } : undefined;
}

function saysSo({ facts }: ReleaseRecord, { target, at }: NotedRollback): boolean {
  return facts.some(
    ({ step, kind, word, text, at: written }) =>
      step === 'rollback' &&
      kind === 'outcome' &&
      word !== 'failed' &&
      text.includes(`-> ${target.deploymentId}`) &&
      written >= at - skewMs,
  );
}
