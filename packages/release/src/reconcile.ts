import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { messageOf } from '#http/error-reason';
import type { VercelProject } from '#vercel/project';
import { decideReconcile } from './decide-reconcile.ts';
import { finishEntry } from './finish-entry.ts';
import { finishLock } from './finish-lock.ts';
import { closeLedger } from './finish-release.ts';
import { type Finished, isAlarming } from './finished.ts';
import { fixForwardStep } from './fix-forward.ts';
import { findSilentRollback, importRollback } from './import-rollback.ts';
import { openLedger } from './ledger.ts';
import { type Lock, readLocks } from './lock.ts';
import { settle } from './patience.ts';
import { placeOf, readRecentReleases } from './read-environment.ts';
import type { ReleaseRecord } from './release-record.ts';
import type { FunctionsBack, FunctionsScope } from './take-functions-back.ts';
import { watchContinues } from './watch-record.ts';

export interface ReconcileDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
  /** Puts edge functions back; absent where they are not looked at. Must not throw. */
  functions?: ((scope: FunctionsScope) => Promise<FunctionsBack>) | undefined;
  /** Tells people, before the record is closed: a death in between is told again, never not at all. Must not throw. */
  tell?: ((finished: Finished) => Promise<void>) | undefined;
}

export interface ReconcileRequest {
  settings: EnvironmentSettings;
  repository: string;
  /** Numeric id of the repository, where it is known. */
  repositoryId?: string | undefined;
  /** Runs whose release is known to be over, although GitHub may still show them as running. */
  endedRuns: readonly number[];
}

export interface ReconcileOutcome {
  /** Releases, then rollbacks by hand. */
  finished: Finished[];
  /** Locks that were closed, one sentence each. */
  locks: string[];
  warnings: string[];
  /** True when something needs a person: a way back that did not succeed, production without a verdict, mixed functions. */
  alarming: boolean;
}

/**
 * Finishes what dead runs left behind, and imports what GitHub did not see (S7): promised rollbacks, production without a verdict, watches that nobody goes on with, unpromoted edge functions,
 * auto-assign, locks, open entries. A run that GitHub shows as going on is left alone. Idempotent: every step reads before it
 * writes, and the record is closed last. @throws GitHubError, VercelError.
 */
export async function reconcile(deps: ReconcileDependencies, request: ReconcileRequest): Promise<ReconcileOutcome> {
  const { github } = deps;
  const { environment } = request.settings;
  const outcome: ReconcileOutcome = { finished: [], locks: [], warnings: [], alarming: false };
  const { warnings } = outcome;
  const read = await readLedger(github, environment);
  const now = github.serverTime();
  const imported = await importSilent(deps, request, { ...read, now }, warnings);
  // A release that was rolled back ends as that, not as one that production moved on from.
  const { releases, locks } = imported.wrote ? await readLedger(github, environment) : read;
  const watched = new Set(releases.filter(({ decision }) => decision === watchContinues).map(({ key }) => key));
  const pending = locks.filter(
    ({ releasedAt, rollback, key }) => releasedAt === undefined && (rollback === undefined || watched.has(key)),
  );
  const runs = await readRuns(github, request.endedRuns, [
    ...releases.filter(({ decision }) => decision === undefined).map(({ runId }) => runId),
    ...pending.map(({ runId }) => runId),
  ]);
  const plan = decideReconcile({ releases, locks, ...runs, now });
  const rollbacks: Finished[] = imported.finished === undefined ? [] : [imported.finished];
  for (const lockPlan of plan.locks) {
    const done = await finishLock(deps, request, lockPlan, warnings);
    if (done === undefined) continue;
    if ('said' in done) {
      outcome.locks.push(done.said);
      continue;
    }
    rollbacks.push(done.finished);
    await deps.tell?.(done.finished);
  }
  const newest = releases.find(({ promotion }) => promotion !== 'none');
  for (const entry of plan.entries) {
    const context = { releases, isNewest: entry.release.id === newest?.id, warnings };
    const { handle, finished } = await finishEntry(deps, request, entry, context);
    outcome.finished.push(finished);
    await deps.tell?.(finished);
    const { decision, reasonCode } = finished;
    await closeLedger(github, handle, { decision, reasonCode, environmentUrl: handle.url || undefined });
    // Not before people know: this fact is what ends the time to mend.
    if (entry.do === 'end-fix-forward') await openLedger(github, handle).record(fixForwardStep, 'outcome', decision);
    deps.log(`${handle.version}: ${finished.what}`);
  }
  outcome.finished.push(...rollbacks);
  outcome.alarming = outcome.finished.some(isAlarming);
  return outcome;
}

async function readLedger(github: GitHub, environment: string) {
  const [releases, locks] = await Promise.all([
    readRecentReleases(github, environment),
    readLocks(github, environment),
  ]);
  return { releases, locks };
}

/** A rollback that was made while GitHub was silent: only of production Vercel keeps what was asked. */
async function importSilent(
  deps: ReconcileDependencies,
  { settings, repositoryId, endedRuns }: ReconcileRequest,
  facts: { releases: ReleaseRecord[]; locks: Lock[]; now: number },
  warnings: string[],
): Promise<{ wrote: boolean; finished?: Finished | undefined }> {
  const nothing = { wrote: false };
  const { environment, production, release } = settings;
  if (placeOf(settings).as !== 'production') return nothing;
  const asked = await settle(deps.project.readState());
  if ('error' in asked) {
    warnings.push(
      `Whether ${environment} was rolled back while GitHub was silent is not known: ${messageOf(asked.error)}`,
    );
    return nothing;
  }
  const scope = { environment, production, repositoryId, lockExpiryMs: release.lockExpiryMs };
  const readOf = async (runIds: readonly number[]) => await readRuns(deps.github, endedRuns, runIds);
  const silent = await findSilentRollback(deps, scope, asked.value, { ...facts, readRuns: readOf });
  if (silent === undefined) return nothing;
  if ('noted' in silent)
    return { wrote: true, finished: await importRollback(deps, scope, silent, { ...facts, warnings }) };
  warnings.push(`${silent.refused}: nothing was imported, see what production serves`);
  return nothing;
}

/** A run that GitHub does not know, or may not tell about, is no run that has ended: its age decides. */
async function readRuns(
  github: GitHub,
  known: readonly number[],
  candidates: readonly (number | undefined)[],
): Promise<{ endedRuns: Set<number>; liveRuns: Set<number> }> {
  const [endedRuns, liveRuns] = [new Set(known), new Set<number>()];
  const open = new Set(candidates.filter((runId): runId is number => runId !== undefined && runId > 0));
  for (const runId of open) {
    if (endedRuns.has(runId)) continue;
    const status = await github.runStatus(runId);
    if (status === 'completed') endedRuns.add(runId);
    else if (status !== undefined) liveRuns.add(runId);
  }
  return { endedRuns, liveRuns };
}
