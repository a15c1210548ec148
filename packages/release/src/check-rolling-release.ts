import { needsSection } from '#config/not-acted-on';
import type { EnvironmentSettings, SourceName } from '#config/settings';
import { armsSourceOf, whyOneArm } from '#observe/sources/arms';
import type { ProjectState, VercelProject } from '#vercel/project';
import { whatAsks } from './approval-findings.ts';
import { commandOn } from './command-line.ts';
import type { Finding } from './decide-preflight.ts';
import { nameOf } from './name-of-target.ts';
import type { EnvironmentKind } from './release-handle.ts';

export interface RollingFacts {
  name: string;
  as: EnvironmentKind;
  /** Rolling releases are on in the project. */
  isOn: boolean;
  /** Of the next rolling release; undefined where Vercel tells none. */
  stages: readonly { percentage: number; waitsForApproval: boolean }[] | undefined;
  settings: Pick<EnvironmentSettings, 'environment' | 'production' | 'watch' | 'release' | 'observe'>;
  /** The canary of another release that has a share of the visitors now. */
  running?: { deploymentId: string; version?: string | undefined; percentage?: number | undefined } | undefined;
}

/** Reads stages and what runs only where they matter; `key` is that of this release. @throws VercelError. */
export async function checkRollingRelease(
  project: VercelProject,
  state: ProjectState,
  as: EnvironmentKind,
  settings: EnvironmentSettings,
  key: string,
): Promise<Finding[]> {
  const isOn = state.rollingRelease;
  if (!isOn || as !== 'production')
    return decideRollingRelease({ name: state.name, as, isOn, stages: undefined, settings });
  const [stages, running] = await Promise.all([
    settings.release.strategy === 'rolling' ? project.rolling.stages() : undefined,
    readRunning(project, key),
  ]);
  return decideRollingRelease({ name: state.name, as, isOn, stages, settings, running });
}

/** The canary that serves now; undefined where none does, or where it is that of an earlier attempt of this release. */
async function readRunning(project: VercelProject, key: string): Promise<RollingFacts['running']> {
  const { state, canaryDeploymentId, activeStage } = (await project.rolling.read()) ?? {};
  if (state !== 'ACTIVE' || canaryDeploymentId === undefined) return undefined;
  const canary = await project.deployment(canaryDeploymentId);
  if (canary?.meta.opsRelease === key) return undefined;
  return { deploymentId: canaryDeploymentId, version: canary?.meta.opsVersion, percentage: activeStage?.percentage };
}

/** Whether a release may start, and can lead, a rolling release. Pure. */
export function decideRollingRelease({ name, as, isOn, stages, settings, running }: RollingFacts): Finding[] {
  const { watch, release } = settings;
  if (as !== 'production') return [];
  if (running !== undefined) return [notEnded(name, running, settings)];
  if (release.strategy !== 'rolling') {
    if (!isOn) return [];
    const message = `${name} uses Rolling Releases, and release.strategy does not say so: a promotion would start a canary that nobody advances`;
    return [refused('rolling_release', message, `set release.strategy: rolling, or ${switchOff}`)];
  }
  const findings: Finding[] = [];
  if (!isOn) {
    const message = `release.strategy is rolling, and ${name} has Rolling Releases off`;
    findings.push(
      refused('rolling_release_off', message, `switch them on with stages that need approval, under ${setting}`),
    );
  }
  if (isOn && (stages === undefined || stages.some(({ waitsForApproval }) => !waitsForApproval))) {
    const message = `Vercel advances the stages of ${name} by itself, whatever the verdict about them is`;
    findings.push(
      refused('rolling_release_automatic', message, `choose manual approval for every stage under ${setting}`),
    );
  }
  const asks = whatAsks(watch);
  if (asks !== undefined) {
    const message = `release.strategy: rolling with ${asks}: the job that waits for reviewers comes behind the watch, and at a stage nothing waits`;
    findings.push(
      refused('rolling_release_mode', message, 'let it say auto, notify or observe, or use another strategy'),
    );
  }
  const sources = usableOf(settings);
  if (armsSourceOf(sources, settings) === undefined) {
    const message = `source ${sources.join(', ')} does not tell the two deployments of a rolling release apart`;
    const ways = sources.map((source) => `${source}: ${whyOneArm(source, settings)}`);
    const fix = `add vercel-runtime-logs to watch.source, it counts by deployment; or ${ways.join('; ')}`;
    findings.push(refused('arms_not_separable', message, fix));
  }
  return findings;
}

/** A promotion would wait behind it, for as long as nobody ends it. */
function notEnded(
  name: string,
  { percentage, ...canary }: NonNullable<RollingFacts['running']>,
  settings: RollingFacts['settings'],
): Finding {
  const share = percentage === undefined ? 'a share' : `${percentage} %`;
  const message = `a rolling release of ${name} has not ended: ${nameOf(canary)} answers ${share} of the visitors, at a stage that nobody approves`;
  const back = commandOn(settings, 'rollback', { target: 'previous' });
  return refused(
    'rolling_release_active',
    message,
    `approve its next stages in Vercel > ${name} > Rolling Release until it is complete, or take it back with: ${back}`,
  );
}

/** A preset may name a vendor: without a section of its own it is not asked. */
function usableOf({ watch, observe }: RollingFacts['settings']): SourceName[] {
  const known = Object.keys(observe ?? {});
  const section = (source: SourceName) => source.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return (watch.source ?? []).filter((source) => !needsSection.includes(source) || known.includes(section(source)));
}

const setting = 'Project Settings > Rolling Releases';
const switchOff = `switch them off under ${setting}`;

function refused(code: string, message: string, fix: string): Finding {
  return { code, severity: 'refuse', message, fix };
}
