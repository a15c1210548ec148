import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import type { ProjectState, VercelProject } from '#vercel/project';
import type { Finding } from './decide-preflight.ts';
import type { EnvironmentKind } from './release-handle.ts';

export interface RollingFacts {
  name: string;
  as: EnvironmentKind;
  /** Rolling releases are on in the project. */
  isOn: boolean;
  /** Of the next rolling release; undefined where Vercel tells none. */
  stages: readonly { percentage: number; waitsForApproval: boolean }[] | undefined;
  settings: Pick<EnvironmentSettings, 'watch' | 'release'>;
}

/** Reads the stages only where they matter. @throws VercelError. */
export async function checkRollingRelease(
  project: VercelProject,
  state: ProjectState,
  as: EnvironmentKind,
  settings: EnvironmentSettings,
): Promise<Finding[]> {
  const isOn = state.rollingRelease;
  const stages = isOn && settings.release.strategy === 'rolling' ? await project.rolling.stages() : undefined;
  return decideRollingRelease({ name: state.name, as, isOn, stages, settings });
}

/** Whether a release may start, and can lead, a rolling release. Pure. */
export function decideRollingRelease({ name, as, isOn, stages, settings }: RollingFacts): Finding[] {
  const { watch, release } = settings;
  if (as !== 'production') return [];
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
  if ((watch.mode ?? defaults.watch.mode) !== 'auto') {
    const message = `release.strategy: rolling with watch.mode: ${watch.mode}: a stage that fails is aborted by itself, nobody is asked and nothing waits at a share of the visitors`;
    findings.push(refused('rolling_release_mode', message, 'write mode: auto, or another strategy'));
  }
  const sources = watch.source ?? [armsSource];
  if (!sources.includes(armsSource)) {
    const message = `source ${sources.join(', ')} does not tell the two deployments of a rolling release apart`;
    findings.push(refused('arms_not_separable', message, `add ${armsSource} to watch.source: it counts by deployment`));
  }
  return findings;
}

/** Its logs are those of one deployment. */
export const armsSource = 'vercel-runtime-logs';
const setting = 'Project Settings > Rolling Releases';
const switchOff = `switch them off under ${setting}`;

function refused(code: string, message: string, fix: string): Finding {
  return { code, severity: 'refuse', message, fix };
}
