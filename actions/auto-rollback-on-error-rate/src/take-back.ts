import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import type { WatchOutcome } from '#observe/watch';
import { runHealthGate } from '#probe/health-gate';
import type { ProbeContext } from '#probe/probe';
import type { VercelConnection } from '#vercel/project';
import type { WatchPlan } from './plan-watch.ts';

/** What the way back came to. Times in Unix seconds. */
export interface TakenBack {
  decision: 'rolled-back' | 'rollback-failed' | 'superseded';
  reasonCode: string;
  summary: string;
  warnings: string[];
  rollback?: { from?: string | undefined; to: string; startedAt: number; swappedAt?: number | undefined };
  /** What the watch of the restored release saw. */
  restored?: Pick<
    WatchOutcome,
    'verdict' | 'reasonCode' | 'requests' | 'errors' | 'buckets' | 'startedAt' | 'endedAt'
  > & { decision: string };
}

/** Takes the release back through the only mover back, #release/roll-back, and proves that what serves then is healthy. */
export async function takeBack(parts: {
  github: GitHub;
  connection: VercelConnection;
  settings: EnvironmentSettings;
  plan: Pick<WatchPlan, 'checks'>;
  context: ProbeContext;
  key: string;
  runId: number;
  runUrl: string;
  commit: string;
  target: string;
  reason: string;
  clock: Clock;
  log: (line: string) => void;
}): Promise<TakenBack> {
  const [{ openApps }, { rollBackByHand }, { defaultLockExpiryMs }] = await Promise.all([
    import('#release/open-apps'),
    import('#release/roll-back-by-hand'),
    import('#release/lock'),
  ]);
  const { github, settings, clock, log } = parts;
  const project = await openApps({ connection: parts.connection, settings, github, wayBack: true });
  const outcome = await rollBackByHand(
    { github, project, clock, log },
    {
      settings,
      key: parts.key,
      runId: parts.runId,
      runUrl: parts.runUrl === '' ? undefined : parts.runUrl,
      commit: parts.commit,
      target: parts.target,
      reason: parts.reason,
      dryRun: false,
      lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
      promoteInstead: settings.vercel.rollbackFallback !== 'none',
    },
  );
  const { warnings } = outcome;
  if (!('rollback' in outcome)) {
    const { decision, reasonCode, message } = outcome;
    if (reasonCode === 'superseded') return { decision: 'superseded', reasonCode, summary: message, warnings };
    const there = decision === 'already-current';
    return { decision: there ? 'rolled-back' : 'rollback-failed', reasonCode, summary: message, warnings };
  }
  const { decision, reasonCode, message, from, to, startedAt, swappedAt, unrecorded } = outcome.rollback;
  const rollback = { from, to, startedAt: startedAt / 1000, swappedAt: swappedAt && swappedAt / 1000 };
  if (decision === 'superseded') return { decision, reasonCode, summary: message, warnings, rollback };
  if (decision === 'failed') return { decision: 'rollback-failed', reasonCode, summary: message, warnings, rollback };
  const moved = withPartsLeft(settings, {
    decision: 'rolled-back',
    reasonCode,
    summary: unrecorded === undefined ? message : `${message}. ${unrecorded}`,
    warnings,
    rollback,
  });
  return await proveHealthy(moved, parts);
}

/** Says what a way back of this action leaves as it is: it is given the domains only. Pure. */
export function withPartsLeft(
  { functions, environment }: Pick<EnvironmentSettings, 'functions' | 'environment'>,
  moved: TakenBack,
): TakenBack {
  const left = `Edge functions of ${environment} belong to a release, and this step cannot take them back: where they have to go back, run rollback.yml with parts: functions`;
  return {
    ...moved,
    summary: `${moved.summary} Edge functions and database stay as they are: this step was given the domains only.`,
    warnings: functions?.wanted === true ? [...moved.warnings, left] : moved.warnings,
  };
}

/** Proves that what serves after a way back is healthy. */
export async function proveHealthy(
  back: TakenBack,
  { plan, context, log }: { plan: Pick<WatchPlan, 'checks'>; context: ProbeContext; log: (line: string) => void },
): Promise<TakenBack> {
  const { summary: message, warnings } = back;
  if (plan.checks.length === 0) return back;
  const gate = {
    checks: plan.checks,
    context,
    consecutive: 2,
    intervalMs: 1000,
    deadlineMs: 60_000,
    log,
  };
  // Cancelled meanwhile: the domains did move, and that stays the result.
  const health = await runHealthGate(gate).catch(
    (error: Error) => ({ decision: 'could-not-run', summary: cleanText(error.message, 300) }) as const,
  );
  if (health.decision === 'fail') {
    const summary = `${message} But what serves now is not healthy: ${health.summary}`;
    return { ...back, decision: 'rollback-failed', reasonCode: 'unhealthy_after_rollback', summary };
  }
  if (health.decision === 'could-not-run')
    warnings.push(`Rolled back, but not verified that what serves now is healthy: ${health.summary}`);
  return back;
}
