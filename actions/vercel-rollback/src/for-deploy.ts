import type { InputValues } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { StepOutcome } from '#release/decide-rollback-needed';
import { defaultLockExpiryMs } from '#release/lock';
import { parseReleaseHandle } from '#release/release-handle';
import { takeBack } from '#release/take-back';
import { announce } from './announce.ts';
import { functionsPartOf, withFunctions } from './functions-part.ts';
import type { inputs } from './inputs.ts';
import { commonOutputs, describeRollback } from './outputs.ts';
import { openServices } from './services.ts';

/** Always reached by deploy: decides from what its steps left behind whether the release is taken back. */
export async function forDeploy(runner: Runner, given: InputValues<typeof inputs>): Promise<Result> {
  if (given.release === undefined) return notNeeded('nothing_started', 'no release was started');
  const promoted = (given.promoteOutcome ?? '') as StepOutcome;
  const handle = parseReleaseHandle(given.release);
  const settings = await loadSettings(runner, given);
  const services = await openServices(runner, given, settings);
  const functions = functionsPartOf(runner, given, settings, services.github);
  // Where the recorded target is gone, the domains go back further, and the functions with them.
  const backWithDomains = async (target = handle.rollbackTarget) => {
    const { environment } = handle;
    const recorded = target === undefined || target.deploymentId === handle.rollbackTarget?.deploymentId;
    await functions.back(recorded ? handle : { environment, target });
  };
  const outcome = await takeBack(services, {
    beside: backWithDomains,
    announce: (target, reason) =>
      announce(runner, given, settings, { version: handle.version, target, reason, handle }),
    handle,
    deploymentId: given.deploymentId ?? '',
    outcomes: {
      jobStatus: (given.jobStatus ?? '') as 'success' | 'failure' | 'cancelled' | '',
      promote: { outcome: promoted, decision: given.promoteDecision ?? '', reason: given.promoteReason },
      health: { outcome: (given.healthOutcome ?? '') as StepOutcome },
      functionsAfter: { outcome: (given.functionsAfterOutcome ?? '') as StepOutcome },
      smoke: { outcome: (given.smokeOutcome ?? '') as StepOutcome },
      watch: {
        outcome: (given.watchOutcome ?? '') as StepOutcome,
        decision: given.watchDecision ?? '',
        reason: given.watchReason,
      },
    },
    settings,
    lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    promoteInstead: settings.vercel.rollbackFallback !== 'none',
  });
  const outputs = commonOutputs(settings, services.project, { url: handle.url, team: given.vercelTeam, handle });
  if (outcome.act === 'roll-back') {
    const { reason, reasonCode, rollback } = outcome;
    const result = describeRollback(runner, rollback, { reason, reasonCode, outputs });
    // A failed step would say that the domains did not come back; the release is red anyway.
    return withFunctions(result, functions.last, false);
  }
  for (const warning of outcome.warnings) runner.logger.warning(warning);
  const { act, reasonCode, message } = outcome;
  // Functions have no staging: what was deployed before a promotion that never was is live.
  if (neverLive.has(reasonCode)) await backWithDomains();
  if (act === 'not-needed') {
    const result: Result = { decision: 'not-needed', reasonCode, summary: message, failed: false, outputs };
    return withFunctions(result, functions.last, true);
  }
  return {
    decision: 'held',
    reasonCode,
    summary: message,
    failed: true,
    outputs,
    details: { lockId: outcome.lockId ?? null },
  };
}

/** Production still serves what it served before. */
const neverLive = new Set(['not_promoted', 'not_moved']);

function notNeeded(reasonCode: string, summary: string): Result {
  return { decision: 'not-needed', reasonCode, summary, failed: false };
}
