import { featureOf } from '#config/metric-rule';
import { parseDuration } from '#config/parse-duration';
import type { AfterReleaseSettings, WindowSettings } from '#config/settings';
import {
  classifyRequirement,
  isCounted,
  type LookKind,
  type LookName,
  type Requirement,
} from './classify-requirement.ts';

/** A window with its requirements read; times in milliseconds after the promotion. */
export interface PlannedWindow extends Omit<WindowSettings, 'require'> {
  require: {
    text: string;
    requirement: Requirement;
    /** What a person writes to confirm it, where one has to. */
    confirm: string;
  }[];
}

const rateItem = /^error-rate-below-(\d{1,2}(?:-\d{1,2})?)-percent-for-(\d{1,3}[mhd])$/;

/** `error-rate-below-1-percent-for-30m`: a window of its own right after the promotion. Undefined for another item. Pure. */
export function windowOfItem(item: string): WindowSettings | undefined {
  const [, percent, length] = rateItem.exec(item) ?? [];
  if (percent === undefined || length === undefined) return undefined;
  const limit = `error-rate below ${percent.replace('-', '.')}%`;
  return { name: `first-${length}`, from: 0, until: parseDuration(length), require: [limit] };
}

/** The windows of ops.yml and those that items of the sign-off bring with them. Pure. */
export function planWindows({ windows = [], signOff = [], tolerance }: AfterReleaseSettings): PlannedWindow[] {
  const implied = signOff.flatMap((item) => windowOfItem(item) ?? []);
  const all = [...windows, ...implied.filter(({ name }) => !windows.some((own) => own.name === name))];
  return all.map(({ require, ...window }) => ({
    ...window,
    require: require.map((text) => ({
      text,
      requirement: classifyRequirement(text, { lengthMs: window.until - window.from, tolerance }),
      confirm: nameOfConfirmation(text, { window: window.name, require }),
    })),
  }));
}

/** One name for each question: `golden-paths-in-standard`, with the whole text where the first word would say two things. */
function nameOfConfirmation(text: string, { window, require }: { window: string; require: readonly string[] }): string {
  const firstOf = (each: string): string => each.split(' ')[0] ?? each;
  const isUnique = require.filter((each) => each !== text && firstOf(each) === firstOf(text)).length === 0;
  const feature = featureOf(text);
  if (feature !== undefined) return `feature-${feature}-in-${window}`;
  const words = isUnique ? firstOf(text) : text.replaceAll('%', ' percent');
  return `${words
    .replaceAll(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 60)
    .toLowerCase()}-in-${window}`;
}

/** How a requirement of a window is answered; undefined for one that the windows do not have. Pure. */
export function kindOf(
  planned: readonly PlannedWindow[],
  { window, require }: { window: string; require: string },
): Requirement['kind'] | undefined {
  return planned.find(({ name }) => name === window)?.require.find(({ text }) => text === require)?.requirement.kind;
}

/** What one look answers it; undefined where none does. Pure. */
export function lookOf(requirement: Requirement): LookName | undefined {
  if (requirement.kind === 'feature') return `feature ${requirement.name}`;
  return isLook(requirement) ? requirement.kind : undefined;
}

function isLook(requirement: Requirement): requirement is { kind: LookKind } {
  return requirement.kind !== 'confirmation' && requirement.kind !== 'feature' && !isCounted(requirement);
}
