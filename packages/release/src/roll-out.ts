import type { RollingStage } from '#vercel/rolling-release';
import { attempt } from './finish-release.ts';
import { openLedger } from './ledger.ts';
import { describeLock, foreignLock } from './lock.ts';
import { readServed } from './move-domains.ts';
import type { PromoteDependencies, PromoteOutcome, PromoteRequest } from './promote.ts';

/** What was seen of one stage. */
export interface StageSeen {
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data' | 'superseded';
  summary: string;
}

/** How long the domains may take to follow a rolling release that is complete; milliseconds. */
const settleMs = 120_000;
const pollMs = 250;

/**
 * Leads the canary of a rolling release through its stages: each is watched, approved by its verdict, and the last one brings the
 * domains. What fails is not taken back here: `failed` leaves the canary where it is, and the rollback step aborts it by the only
 * mover back. A stage with too little traffic goes on and is told; one that nobody saw does not. @throws VercelError.
 */
export async function rollOut(
  { github, project, clock, log }: PromoteDependencies & { log: (line: string) => void },
  { handle, deploymentId }: Pick<PromoteRequest, 'handle' | 'deploymentId'>,
  watchStage: (stage: RollingStage) => Promise<StageSeen>,
): Promise<PromoteOutcome> {
  const ledger = openLedger(github, handle);
  const warnings: string[] = [];
  const end = async (decision: PromoteOutcome['decision'], reasonCode: string, message: string) => {
    const text = `${deploymentId} ${reasonCode}`;
    await attempt(warnings, 'The ledger could not be written', ledger.record('promote', 'outcome', decision, text));
    return { decision, reasonCode, message, warnings };
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
    const fact = ledger.record('stage', 'outcome', seen.verdict, told);
    await attempt(warnings, 'The ledger could not be written', fact);
    if (seen.verdict === 'superseded') return await end('superseded', 'locked', seen.summary);
    if (seen.verdict === 'fail') return await end('failed', 'stage_failed', told);
    if (seen.verdict === 'no-data') return await end('failed', 'stage_not_seen', told);
    if (seen.verdict === 'inconclusive') warnings.push(`Not judged: ${told}`);
    if (nextStage === undefined) break;
    await project.rolling.approve(deploymentId, nextStage);
  }
  const until = clock.now() + settleMs;
  for (;;) {
    const { deploymentId: serves, mixed, hosts } = await readServed(project, handle);
    if (serves === deploymentId && !mixed) {
      const message = `${hosts.join(', ') || 'production'} moved to ${deploymentId}, stage by stage.`;
      return { ...(await end('promoted', 'promoted', message)), promotedAt: clock.now() };
    }
    if (clock.now() >= until) {
      const message = `The rolling release is complete, but the domains did not follow within ${settleMs / 1000} s.`;
      return await end('failed', 'domains_not_moved', message);
    }
    await clock.sleep(pollMs);
  }
}
