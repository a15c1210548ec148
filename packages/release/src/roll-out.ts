import { milderAction } from '#config/rule-words';
import type { RuleAction } from '#config/rules';
import type { RollingStage } from '#vercel/rolling-release';
import { commandOn } from './command-line.ts';
import { attempt } from './finish-release.ts';
import { openLedger } from './ledger.ts';
import { describeLock, foreignLock } from './lock.ts';
import { readServed } from './move-domains.ts';
import type { PromoteDependencies, PromoteOutcome, PromoteRequest } from './promote.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { wouldHaveBeenStep } from './would-have-been.ts';

/** What one of the two deployments answered during a stage. */
export interface ArmCounts {
  requests: number;
  errors: number;
}

/** What was seen of one stage. */
export interface StageSeen {
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'superseded';
  summary: string;
  /** What serves the other visitors. */
  stable: ArmCounts;
  canary: ArmCounts;
  /** Of a bad stage, what its rule does at most; absent: what the mode says. */
  action?: RuleAction;
}

/** A stage with its share of the visitors in percent. */
export interface StageTold extends StageSeen {
  percentage: number;
}

/** How long the domains may take to follow a rolling release that is complete; milliseconds. */
const settleMs = 120_000;
const pollMs = 250;

/**
 * Leads the canary of a rolling release through its stages: each is watched, approved by its verdict, and the last one brings the
 * domains. A stage with too little traffic goes on and is told; one that is bad, or that nobody saw, does what the mode says. `auto`:
 * `failed` leaves the canary where it is, and the rollback step aborts it by the only mover back. `notify`, of the mode or of the
 * rule: `would-roll-back`, the canary keeps its share and a person decides. `observe`: what would have happened is kept in the ledger,
 * and the next stage follows.
 * @throws VercelError.
 */
export async function rollOut(
  { github, project, clock, log }: PromoteDependencies & { log: (line: string) => void },
  { handle, deploymentId }: Pick<PromoteRequest, 'handle' | 'deploymentId'>,
  watchStage: (stage: RollingStage) => Promise<StageSeen>,
): Promise<PromoteOutcome & { stages: StageTold[] }> {
  const ledger = openLedger(github, handle);
  const warnings: string[] = [];
  const stages: StageTold[] = [];
  const observed: string[] = [];
  const end = async (decision: PromoteOutcome['decision'], reasonCode: string, message: string) => {
    const text = `${deploymentId} ${reasonCode}`;
    await attempt(warnings, 'The ledger could not be written', ledger.record('promote', 'outcome', decision, text));
    return { decision, reasonCode, message, warnings, stages };
  };
  for (;;) {
    const lock = await attempt(warnings, 'The lock could not be read', foreignLock(github, handle));
    if (lock !== undefined) return await end('superseded', 'locked', describeLock(lock));
    const rolling = await project.rolling.read();
    const ours = rolling?.canaryDeploymentId === deploymentId;
    if (ours && rolling.state === 'COMPLETE') break;
    const { activeStage, nextStage } = rolling ?? {};
    if (!ours || rolling.state !== 'ACTIVE' || activeStage === undefined) {
      const shows = rolling === undefined ? 'none' : `${rolling.state} with ${rolling.canaryDeploymentId}`;
      const message = `The rolling release of ${handle.version} is over before its last stage: Vercel shows ${shows}.`;
      return await end('failed', 'rolling_release_ended', message);
    }
    const share = `${activeStage.percentage} %`;
    log(`${handle.version} answers ${share} of the visitors`);
    const seen = await watchStage(activeStage);
    const told = `At ${share}: ${seen.summary}`;
    log(told);
    stages.push({ percentage: activeStage.percentage, ...seen });
    const fact = ledger.record('stage', 'outcome', seen.verdict, told);
    await attempt(warnings, 'The ledger could not be written', fact);
    if (seen.verdict === 'superseded') return await end('superseded', 'locked', seen.summary);
    if (seen.verdict === 'fail' || seen.verdict === 'no-data') {
      const reasonCode = seen.verdict === 'fail' ? 'stage_failed' : 'stage_not_seen';
      const does = milderAction(handle.mode, seen.action ?? 'auto');
      if (does === 'auto') return await end('failed', reasonCode, told);
      const kept = ledger.record(wouldHaveBeenStep, 'outcome', does === handle.mode ? does : 'rule', told);
      await attempt(warnings, 'What would have happened could not be kept in the ledger', kept);
      if (does !== 'observe') return await end('would-roll-back', reasonCode, `${told}. ${stays(handle, share)}`);
      observed.push(told);
      warnings.push(`Mode auto would have aborted it: ${told}`);
    }
    if (seen.verdict === 'inconclusive') warnings.push(`Not judged: ${told}`);
    if (nextStage === undefined) break;
    await project.rolling.approve(deploymentId, nextStage);
  }
  const until = clock.now() + settleMs;
  for (;;) {
    const { deploymentId: serves, mixed, hosts } = await readServed(project, handle);
    if (serves === deploymentId && !mixed) {
      const message = `${hosts.join(', ') || 'production'} moved to ${deploymentId}, stage by stage.`;
      const would = observed.length === 0 ? '' : ` Mode auto would have aborted it: ${observed.join('; ')}.`;
      const reasonCode = observed.length === 0 ? 'promoted' : 'stage_observed';
      return { ...(await end('promoted', reasonCode, `${message}${would}`)), promotedAt: clock.now() };
    }
    if (clock.now() >= until) {
      const message = `The rolling release is complete, but the domains did not follow within ${settleMs / 1000} s.`;
      return await end('failed', 'domains_not_moved', message);
    }
    await clock.sleep(pollMs);
  }
}

/** What a person can do with a canary that nobody advances. */
function stays(handle: ReleaseHandle, share: string): string {
  const back = commandOn(handle, 'rollback');
  return `It keeps ${share} of the visitors. Next: approve its next stage in Vercel, or take it back with: ${back}`;
}
