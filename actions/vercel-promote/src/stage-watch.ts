import type { Runner } from '#action-kit/runner';
import { defaults } from '#config/defaults';
import { defaultRules, parseRule } from '#config/rules';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { OwnRequests } from '#observe/own-requests';
import { createSource } from '#observe/sources/registry';
import { isJudged, watchArms } from '#observe/watch-arms';
import { armsSource } from '#release/check-rolling-release';
import { describeLock, foreignLock } from '#release/lock';
import type { ReleaseHandle } from '#release/release-handle';
import type { StageSeen } from '#release/roll-out';
import type { VercelConnection, VercelProject } from '#vercel/project';

/** Watches a stage of a rolling release by the rules of ops.yml: the canary against what serves the other visitors. @throws VercelError. */
export async function stageWatch(
  { clock, signal, logger }: Pick<Runner, 'clock' | 'signal' | 'logger'>,
  { watch, release }: EnvironmentSettings,
  given: {
    connection: VercelConnection;
    github: GitHub;
    project: VercelProject;
    handle: ReleaseHandle;
    deploymentId: string;
  },
): Promise<() => Promise<StageSeen>> {
  const stableId =
    (await given.project.rolling.read())?.currentDeploymentId ?? given.handle.rollbackTarget?.deploymentId;
  const own = (watch.rules ?? defaultRules).map(parseRule).filter(isJudged);
  const rules = own.length > 0 ? own : defaultRules.map(parseRule);
  const arm = (deploymentId: string | undefined) =>
    createSource(armsSource, {
      vercel: given.connection,
      deploymentId,
      own: new OwnRequests(),
      rounds: [],
      clock,
      signal,
    });
  return async () => {
    const [stable, canary] = await Promise.all([arm(stableId), arm(given.deploymentId)]);
    const seen = await watchArms({
      stable,
      canary,
      rules,
      windowMs: release.stageWindowMs ?? defaults.release.stageWindowMs,
      intervalMs: watch.intervalMs ?? defaults.watch.intervalMs,
      minRequests: watch.minRequests ?? defaults.watch.minRequests,
      superseded: async () => {
        const lock = await foreignLock(given.github, given.handle);
        return lock && describeLock(lock);
      },
      clock,
      signal,
      log: logger.info,
    });
    return obeyed(seen, watch.onInconclusive ?? defaults.watch.onInconclusive);
  };
}

/** A stage that cannot be judged goes on, unless ops.yml lets what cannot be judged fail. Pure. */
export function obeyed(seen: StageSeen, onInconclusive: 'hold' | 'fail' | 'pass'): StageSeen {
  if (seen.verdict !== 'inconclusive' || onInconclusive !== 'fail') return seen;
  return { verdict: 'fail', summary: `${seen.summary}, and watch.on-inconclusive is fail` };
}
