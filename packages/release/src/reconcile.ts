import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import { decideReconcile, type EntryPlan, type LockPlan } from './decide-reconcile.ts';
import type { ReleaseDecision } from './decide-release-outcome.ts';
import { type Closing, closeLedger, settleEnvironment } from './finish-release.ts';
import { openLedger } from './ledger.ts';
import { closeLock, defaultLockExpiryMs, readLocks } from './lock.ts';
import { nameOf } from './next-target.ts';
import { placeOf, readRecentReleases } from './read-environment.ts';
import type { ReleaseHandle } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';
import { rollBack } from './roll-back.ts';
import { type TakeBackOutcome, takeBack } from './take-back.ts';

export interface ReconcileDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
  /** Tells people, before the record is closed: a death in between is told again, never not at all. Must not throw. */
  tell?: (finished: FinishedRelease) => Promise<void>;
}

export interface ReconcileRequest {
  settings: EnvironmentSettings;
  repository: string;
  /** Runs whose release is known to be over, although GitHub may still show them as running. */
  endedRuns: readonly number[];
}

/** A release that reconcile brought to its end. */
export interface FinishedRelease {
  handle: ReleaseHandle;
  record: ReleaseRecord;
  decision: ReleaseDecision;
  reasonCode: string;
  what: string;
  closing: Closing;
}

export interface ReconcileOutcome {
  releases: FinishedRelease[];
  /** What was done about locks, one sentence each. */
  locks: string[];
  warnings: string[];
  /** True when something needs a person: a way back that did not succeed, production without a verdict. */
  alarming: boolean;
}

/**
 * Finishes what dead runs left behind (S7): promised rollbacks, production without a verdict, auto-assign, locks, open
 * entries. Idempotent: every step reads before it writes, and the record is closed last. @throws GitHubError, VercelError.
 */
export async function reconcile(deps: ReconcileDependencies, request: ReconcileRequest): Promise<ReconcileOutcome> {
  const { github } = deps;
  const { environment } = request.settings;
  const [releases, locks] = await Promise.all([
    readRecentReleases(github, environment),
    readLocks(github, environment),
  ]);
  const now = github.serverTime();
  const runs = await readRuns(github, request.endedRuns, [
    ...releases.filter(({ decision }) => decision === undefined).map(({ runId }) => runId),
    ...locks.filter((lock) => lock.releasedAt === undefined && lock.rollback === undefined).map(({ runId }) => runId),
  ]);
  const plan = decideReconcile({ releases, locks, ...runs, now });
  const outcome: ReconcileOutcome = { releases: [], locks: [], warnings: [], alarming: false };
  for (const lockPlan of plan.locks) await finishLock(deps, request, lockPlan, outcome);
  // A newer release that has ended restored auto-assign itself.
  const newest = releases.find(({ promotion }) => promotion !== 'none');
  for (const entry of plan.entries) {
    const finished = await finishEntry(deps, request, entry, { isNewest: entry.release.id === newest?.id }, outcome);
    outcome.releases.push(finished);
    outcome.alarming ||= finished.decision === 'rollback-failed' || finished.reasonCode === 'unwatched';
    await deps.tell?.(finished);
    const { decision, reasonCode, handle } = finished;
    await closeLedger(github, handle, { decision, reasonCode, environmentUrl: handle.url || undefined });
    deps.log(`${handle.version}: ${finished.what}`);
  }
  return outcome;
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

async function finishEntry(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  plan: EntryPlan,
  { isNewest }: { isNewest: boolean },
  outcome: ReconcileOutcome,
): Promise<FinishedRelease> {
  const handle = handleOf(plan.release, request);
  const ended = await endOf(deps, request, plan, handle, outcome);
  const closing = await settleEnvironment(deps, handle, {
    moved: isNewest,
    names: [
      ...(plan.release.deploymentId === undefined
        ? []
        : [{ deploymentId: plan.release.deploymentId, version: plan.release.version }]),
      ...(plan.release.rollbackTarget === undefined ? [] : [plan.release.rollbackTarget]),
    ],
  });
  outcome.warnings.push(...closing.warnings);
  return { handle, record: plan.release, ...ended, closing };
}

type Ended = Pick<FinishedRelease, 'decision' | 'reasonCode' | 'what'>;

async function endOf(
  deps: ReconcileDependencies,
  request: ReconcileRequest,
  plan: EntryPlan,
  handle: ReleaseHandle,
  outcome: ReconcileOutcome,
): Promise<Ended> {
  const { release } = plan;
  if (plan.do === 'close') return { decision: plan.decision, reasonCode: plan.reasonCode, what: plan.what };
  if (plan.do === 'mark-unwatched') {
    await openLedger(deps.github, handle).record('watch', 'outcome', 'unwatched', 'its run ended without a verdict');
    const what =
      'Its run ended after the promotion without a verdict, more than an hour ago: nothing was moved, it is no rollback target until somebody proves it.';
    return { decision: 'cancelled', reasonCode: 'unwatched', what };
  }
  const reached = plan.do === 'finish-rollback' ? ('skipped' as const) : ('cancelled' as const);
  const taken = await takeBack(deps, {
    handle,
    settings: request.settings,
    deploymentId: release.deploymentId ?? '',
    outcomes: {
      jobStatus: 'cancelled',
      // Without a decision: what is served now is asked of Vercel, whatever was recorded then.
      promote: { outcome: reached, decision: '' },
      health: { outcome: reached },
      smoke: { outcome: reached },
      watch: { outcome: reached, decision: '' },
    },
    lockExpiryMs: request.settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    promoteInstead: request.settings.vercel.rollbackFallback === 'promote',
  });
  outcome.warnings.push(...(taken.act === 'roll-back' ? taken.rollback.warnings : taken.warnings));
  return describeTaken(taken, release);
}

/** The end of a release from what its way back came to. Pure. */
export function describeTaken(taken: TakeBackOutcome, release: Pick<ReleaseRecord, 'promotion'>): Ended {
  if (taken.act === 'roll-back') {
    const { rollback, reason } = taken;
    if (rollback.decision === 'superseded')
      return { decision: 'superseded', reasonCode: 'superseded', what: rollback.message };
    if (rollback.decision === 'failed')
      return { decision: 'rollback-failed', reasonCode: rollback.reasonCode, what: rollback.message };
    const what = `Its run ended without a verdict; rolled back to ${nameOf(rollback.target)}: ${reason}.`;
    return { decision: 'rolled-back', reasonCode: 'job_lost', what };
  }
  if (taken.act === 'hold') {
    const decision = taken.reasonCode === 'no_previous_deployment' ? 'rollback-failed' : 'cancelled';
    return { decision, reasonCode: 'unwatched', what: taken.message };
  }
  if (taken.reasonCode === 'superseded')
    return { decision: 'superseded', reasonCode: 'superseded', what: taken.message };
  const what =
    release.promotion === 'promoted'
      ? 'Its run ended without a verdict; production has moved on since.'
      : 'Its run ended during the promotion, which did not reach production.';
  return { decision: release.promotion === 'promoted' ? 'superseded' : 'cancelled', reasonCode: 'job_lost', what };
}

async function finishLock(
  deps: ReconcileDependencies,
  { settings }: ReconcileRequest,
  plan: LockPlan,
  outcome: ReconcileOutcome,
): Promise<void> {
  const { lock } = plan;
  if (plan.do === 'close') {
    await closeLock(deps.github, lock, plan.word, plan.text);
    outcome.locks.push(`The lock "${lock.reason}" was closed: ${plan.word} ${plan.text}`.trim());
    return;
  }
  if (lock.target === undefined) return;
  const { sha } = await deps.github.commit('HEAD');
  const back = await rollBack(deps, {
    ...placeOf(settings),
    environment: settings.environment,
    production: settings.production,
    key: lock.key,
    runId: lock.runId ?? 0,
    runUrl: lock.runUrl,
    commit: sha,
    ledgerId: 0,
    from: lock.from,
    target: { ...lock.target, adopted: true },
    reason: lock.reason,
    automatic: false,
    finishing: true,
    autoAssign: lock.autoAssign,
    lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    promoteInstead: settings.vercel.rollbackFallback === 'promote',
  });
  outcome.warnings.push(...back.warnings);
  outcome.locks.push(`The rollback "${lock.reason}", whose run had ended, was brought to its end: ${back.message}`);
  outcome.alarming ||= back.decision === 'failed';
}

function handleOf(release: ReleaseRecord, { settings, repository }: ReconcileRequest): ReleaseHandle {
  return {
    schemaVersion: 1,
    key: release.key,
    environment: settings.environment,
    production: settings.production,
    ...placeOf(settings),
    ledgerId: release.id,
    repository,
    runId: release.runId,
    commit: release.commit,
    treeSha: release.treeSha,
    version: release.version,
    openedAt: release.openedAt,
    rollbackTarget: release.rollbackTarget,
    // Unknown: off is what does no harm, a push then stays where it is.
    autoAssign: release.autoAssign ?? false,
    url: settings.url ?? '',
    slack: release.slack,
    mode: release.mode,
    firstDeployment: release.firstDeployment,
  };
}
