import { parse } from 'yaml';
import { defaults } from '#config/defaults';
import { embeddedPresets } from '#config/embedded-presets';

/** When a workflow runs by itself, and what for. */
export interface Schedule {
  cron: string;
  /** What the file says about it, for whoever changes it. */
  why: string;
}

/** The first lines of a workflow that runs by its schedule and by hand. Pure. */
export function scheduledHead(name: string, purpose: string, { cron, why }: Schedule): string[] {
  return [
    `# ${purpose}`,
    `name: ${name}`,
    '',
    'on:',
    '  schedule:',
    `    # ${why}`,
    `    - cron: '${cron}'`,
    '  workflow_dispatch:',
    '',
    'permissions: {}',
    '',
  ];
}

/** They tell of the time of their own run only. */
const liveSources = ['vercel-runtime-logs', 'probe'];

/**
 * How often the time after a release has to be looked at, by what a preset says of it; undefined where it says nothing, or where its
 * source could tell later runs nothing. A watch that was handed off waits for its runs; windows are judged by the times of the counts
 * whenever a run comes. Pure.
 */
export function scheduleWatch(preset: string | undefined): Schedule | undefined {
  const sections = sectionsOf(preset);
  if (sections.watch?.['hand-off'] !== undefined)
    return { cron: '*/5 * * * *', why: 'Every 5 minutes: 8,640 minutes a month in a private repository.' };
  if (sections['after-release'] !== undefined && !asksInVain(preset))
    return {
      cron: '*/30 * * * *',
      why: 'Every 30 minutes: 1,440 minutes a month in a private repository. With watch.hand-off: */5 * * * *',
    };
  return undefined;
}

/** Whether a preset has windows after a release, and a source that cannot tell about them once its job has ended. Pure. */
export function asksInVain(preset: string | undefined): boolean {
  const { watch, 'after-release': afterRelease } = sectionsOf(preset);
  if (afterRelease === undefined || watch?.source === undefined) return false;
  return [watch.source].flat().every((source) => liveSources.includes(String(source)));
}

/** How often `alerts.yml` judges the alerts of a preset, each time the 15 minutes before it; undefined where it has none. Pure. */
export function scheduleAlerts(preset: string | undefined): Schedule | undefined {
  if ((sectionsOf(preset).alerts ?? []).length === 0) return undefined;
  return {
    cron: '*/15 * * * *',
    why: 'Every 15 minutes: 2,880 minutes a month in a private repository. What is shorter needs */5 * * * *',
  };
}

const rehearsals: Readonly<Record<string, string>> = {
  daily: '0 6 * * *',
  weekly: '0 6 * * 1',
  monthly: '0 6 1 * *',
  quarterly: '0 6 1 1,4,7,10 *',
  annually: '0 6 1 1 *',
};

/** How often the way back is rehearsed on staging; undefined where the watch of a preset takes nothing back by itself. Pure. */
export function scheduleRehearsal(preset: string | undefined): Schedule | undefined {
  const { watch, drills = {} } = sectionsOf(preset);
  if ((watch?.mode ?? defaults.watch.mode) !== 'auto') return undefined;
  const said = drills.rollback ?? '';
  const rhythm = said in rehearsals ? said : 'monthly';
  return {
    cron: rehearsals[rhythm] as string,
    why: `How often: ${rhythm}. Staging serves what it served before once a rehearsal is over.`,
  };
}

/** Whether migrations of a preset are never taken back, so that the next one has to mend a failed one. Pure. */
export function mendsForward(preset: string | undefined): boolean {
  const { policy = [] } = sectionsOf(preset).rollback?.database ?? {};
  return policy.length > 0 && policy.every((way) => way === 'forward-fix' || way === 'forward-only');
}

/** Whether a window of a preset compares rows with a backup. Pure. */
export function asksForRowCounts(preset: string | undefined): boolean {
  const { windows = [] } = sectionsOf(preset)['after-release'] ?? {};
  return windows.some(({ require = [] }) => require.includes('row-counts normal'));
}

interface Sections {
  watch?: Record<string, unknown>;
  'after-release'?: { windows?: { require?: string[] }[] };
  alerts?: unknown[];
  rollback?: { database?: { policy?: string[] } };
  database?: { backup?: { schedule?: string; retention?: { storage?: string }; 'verify-every'?: string } };
  drills?: Record<string, string>;
}

/** What a preset says for all of its environments; a test of its own proves each preset sound. Pure. */
export function sectionsOf(preset: string | undefined): Sections {
  const text = preset === undefined ? undefined : embeddedPresets[preset];
  return text === undefined ? {} : (parse(text) as Sections);
}
