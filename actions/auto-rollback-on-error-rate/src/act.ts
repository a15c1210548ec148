import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import type { ProbeContext } from '#probe/probe';
import type { VercelConnection } from '#vercel/project';
import { decideAction } from './decide-action.ts';
import { type Given, planWatch, type WatchPlan } from './plan-watch.ts';
import { runWatch, watchOnly } from './run-watch.ts';
import { type TakenBack, takeBack } from './take-back.ts';
import { tellRestored } from './tell-restored.ts';

/** What the action needs to take the way back itself. */
export interface Actor {
  github: GitHub;
  connection: VercelConnection;
  settings: EnvironmentSettings;
  plan: WatchPlan;
  /** Release key: a lock under it is our own. */
  key: string;
  commit: string;
}

/** Takes the way back, and watches what it restored. */
export async function act(
  runner: Runner,
  given: Given,
  actor: Actor,
  { context, reason }: { context: ProbeContext; reason: string },
): Promise<TakenBack> {
  const { clock, logger } = runner;
  const { runId, runUrl, sha: commit } = runner.context;
  const target = given.rollbackTarget ?? 'previous';
  const back = await takeBack({ ...actor, context, runId, runUrl, commit, target, reason, clock, log: logger.info });
  return await watchRestored(runner, given, actor, back);
}

/** Watches what a way back restored, where it moved production. */
export async function watchRestored(runner: Runner, given: Given, actor: Actor, back: TakenBack): Promise<TakenBack> {
  const { logger } = runner;
  const { settings, plan } = actor;
  for (const warning of back.warnings) logger.warning(warning);
  if (back.decision !== 'rolled-back' || back.rollback === undefined) return back;
  const restored = { ...given, restored: true, act: false };
  try {
    const again = planWatch(restored, settings, plan.mode);
    const { to } = back.rollback;
    logger.info(`Watching what was restored, ${to}, for ${again.windowMs / 1000} s`);
    const { outcome } = await runWatch(runner, restored, { ...actor, plan: again, deploymentId: to }, watchOnly);
    return tellRestored(back, { outcome, decision: decideAction(outcome, again, restored) });
  } catch (error) {
    // The domains did move: that stays the result.
    logger.warning(`What was restored could not be watched: ${cleanText((error as Error).message, 300)}`);
    return back;
  }
}
