import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import { defaults } from '#config/defaults';
import { defaultRules, parseRule } from '#config/rules';
import type { EnvironmentSettings, MissingPolicy, SourceName } from '#config/settings';
import type { GitHub } from '#github/client';
import { OwnRequests } from '#observe/own-requests';
import { SourceError } from '#observe/source';
import { type Arm, armsSourceOf, whyOneArm } from '#observe/sources/arms';
import { chooseSources } from '#observe/sources/choose-sources';
import { httpJsonOf } from '#observe/sources/http-json-parts';
import { createSource, type SourceParts } from '#observe/sources/registry';
import { partsOfVendors } from '#observe/sources/vendor-parts';
import { isJudged, watchArms } from '#observe/watch-arms';
import { weakConnection } from '#postgres/database-url';
import { commitOf } from '#release/commit-of';
import { describeLock, foreignLock } from '#release/lock';
import type { ReleaseHandle } from '#release/release-handle';
import type { StageSeen } from '#release/roll-out';
import type { VercelConnection, VercelProject } from '#vercel/project';
import type { inputs } from './inputs.ts';

type Given = InputValues<typeof inputs>;

/** The source that counts both deployments of a stage, known before anything is promoted. @throws InputError with every mistake. */
export function sourceOfStages(given: Given, settings: EnvironmentSettings): SourceName {
  const problems: InputError['problems'] = [];
  const { sources } = chooseSources(given, settings, problems);
  const source = armsSourceOf(sources, settings);
  if (source === undefined && problems.length === 0) {
    const ways = sources.map((name) => `${name}: ${whyOneArm(name, settings)}`).join('; ');
    const message = `does not tell the two deployments of a rolling release apart (${ways})`;
    problems.push({ name: 'source', given: sources.join(', '), message });
  }
  if (source === undefined || problems.length > 0) throw new InputError(problems);
  return source;
}

/**
 * Both deployments of a stage by every name that a source may know them by; `stable` is absent where nothing serves beside the new
 * one. Read before the promotion or while its rolling release runs. @throws VercelError.
 */
export async function readArms(
  project: VercelProject,
  { handle, deploymentId }: { handle: ReleaseHandle; deploymentId: string },
): Promise<{ stable?: Arm; canary: Arm }> {
  const canary = { deployment: deploymentId, commit: handle.commit, release: handle.version };
  const rolling = await project.rolling.read();
  const runs = rolling?.state === 'ACTIVE' && rolling.canaryDeploymentId === deploymentId;
  const stableId = runs ? rolling.currentDeploymentId : (await project.readState()).currentDeploymentId;
  if (stableId === undefined || stableId === deploymentId) return { canary };
  const target = handle.rollbackTarget?.deploymentId === stableId ? handle.rollbackTarget : undefined;
  const deployment = await project.deployment(stableId);
  const commit = target?.commit ?? (deployment && commitOf(deployment));
  return { canary, stable: { deployment: stableId, commit, release: target?.version ?? deployment?.meta.opsVersion } };
}

/** What a source needs to count one deployment. @throws InputError, SourceError where the source does not know it. */
export function partsOfArm(
  runner: Pick<Runner, 'environment' | 'clock' | 'signal'>,
  given: Given,
  settings: EnvironmentSettings,
  about: { source: SourceName; connection: VercelConnection; arm: Arm },
): SourceParts {
  const { source, connection, arm } = about;
  const problems: InputError['problems'] = [];
  const of = { sources: [source], functionErrors: false, commit: arm.commit ?? '', arm };
  const vendors = partsOfVendors((service) => serviceAddress(runner, service), given, settings, of, problems);
  const httpJson = source === 'http-json' ? httpJsonOf(given, settings, problems, arm) : undefined;
  if (problems.length > 0) throw new InputError(problems);
  const { clock, signal } = runner;
  return {
    vercel: connection,
    deploymentId: arm.deployment,
    vendors,
    httpJson,
    own: new OwnRequests(),
    rounds: [],
    clock,
    signal,
  };
}

/**
 * What watches a stage of a rolling release by the rules of ops.yml: the canary against what serves the other visitors.
 * @throws InputError, VercelError, and SourceError where the source does not tell the two apart.
 */
export async function stageWatch(
  runner: Pick<Runner, 'clock' | 'signal' | 'logger' | 'environment'>,
  given: Given,
  settings: EnvironmentSettings,
  about: {
    connection: VercelConnection;
    github: GitHub;
    project: VercelProject;
    handle: ReleaseHandle;
    deploymentId: string;
  },
): Promise<() => Promise<StageSeen>> {
  const { clock, signal, logger } = runner;
  const { watch, release } = settings;
  const source = sourceOfStages(given, settings);
  const arms = await readArms(about.project, about);
  const parts = (arm: Arm) => partsOfArm(runner, given, settings, { source, connection: about.connection, arm });
  const canaryParts = parts(arms.canary);
  for (const weakness of weakConnection(canaryParts.vendors?.sql?.url, settings.database.tlsReason))
    logger.warning(weakness);
  const stableParts = arms.stable && parts(arms.stable);
  if (stableParts) refuseSame(source, stableParts, canaryParts);
  const own = (watch.rules ?? defaultRules).map(parseRule).filter(isJudged);
  const rules = own.length > 0 ? own : defaultRules.map(parseRule);
  return async () => {
    if (!stableParts) throw new SourceError('arms_not_separable', 'nothing serves beside the new deployment');
    const [stable, canary] = await Promise.all([createSource(source, stableParts), createSource(source, canaryParts)]);
    const seen = await watchArms({
      stable,
      canary,
      rules,
      windowMs: release.stageWindowMs ?? defaults.release.stageWindowMs,
      intervalMs: watch.intervalMs ?? defaults.watch.intervalMs,
      minRequests: watch.minRequests ?? defaults.watch.minRequests,
      superseded: async () => {
        const lock = await foreignLock(about.github, about.handle);
        return lock && describeLock(lock);
      },
      clock,
      signal,
      log: logger.info,
    });
    return obeyed(seen, watch.onInconclusive ?? defaults.watch.onInconclusive);
  };
}

/** One and the same question for both would find every canary as good as what serves beside it. @throws SourceError. */
export function refuseSame(source: SourceName, stable: SourceParts, canary: SourceParts): void {
  const asked = ({ vendors, httpJson, deploymentId }: SourceParts) =>
    JSON.stringify(
      source === 'vercel-runtime-logs' ? deploymentId : [{ ...vendors, sentry: vendors?.sentry?.query }, httpJson],
    );
  if (asked(stable) !== asked(canary)) return;
  const message = `source ${source} would count the same for both deployments, e.g. where both are of one commit: write {deployment} into its arms`;
  throw new SourceError('arms_not_separable', message);
}

/** A stage that cannot be judged goes on, unless ops.yml lets what cannot be judged fail. Pure. */
export function obeyed(seen: StageSeen, onInconclusive: MissingPolicy): StageSeen {
  if (seen.verdict !== 'inconclusive' || onInconclusive !== 'fail') return seen;
  return { ...seen, verdict: 'fail', summary: `${seen.summary}, and watch.on-inconclusive is fail` };
}
