import { formatDuration, parseDuration } from '#config/parse-duration';
import type { AfterReleaseFacts, WindowVerdict } from './after-release-record.ts';
import type { CheckState, WindowState } from './judge-window.ts';
import { type PlannedWindow, windowOfItem } from './plan-windows.ts';

/** One item of the sign-off. */
export interface ItemState {
  name: string;
  verdict: WindowVerdict;
  /** What was measured, or what is missing. */
  value: string;
  /** When it was ticked, milliseconds. */
  at?: number;
  /** The name by which a person confirms it, where only a person can. */
  confirm?: string;
}

export interface SignOff {
  /** `complete` only when every item has passed (PDW-08). */
  state: 'open' | 'complete';
  items: ItemState[];
}

type Wanted = (requirement: PlannedWindow['require'][number]['requirement']) => boolean;

const metric =
  (...names: string[]): Wanted =>
  (requirement) =>
    requirement.kind === 'rule' && names.includes(requirement.metric);
const kind =
  (...names: string[]): Wanted =>
  (requirement) =>
    names.includes(requirement.kind);

/** Items that requirements of the windows answer. */
const measuredItems: Readonly<Record<string, Wanted>> = {
  'health-ok': kind('health'),
  'smoke-passed': kind('smoke'),
  'performance-normal': metric('p95', 'lcp', 'inp', 'api-response-time'),
  'traffic-normal': kind('traffic'),
  'database-healthy': kind('database', 'queries'),
  'data-intact': kind('data', 'rows'),
  'no-new-sentry-errors': metric('new-issues'),
  'backups-running': kind('backups'),
  'recovery-verified': kind('recovery'),
};

/** `feature-login-passed`; undefined for another item. */
function ofFeature(item: string): Wanted | undefined {
  const name = /^feature-(.+)-passed$/.exec(item)?.[1];
  return name === undefined ? undefined : (requirement) => requirement.kind === 'feature' && requirement.name === name;
}

/** Ticks what the windows measured and people confirmed. Pure. */
export function judgeSignOff(
  items: readonly string[] | undefined,
  given: {
    planned: readonly PlannedWindow[];
    windows: readonly WindowState[];
    facts: AfterReleaseFacts;
    promotedAt: number;
    now: number;
  },
): SignOff {
  const judged =
    items === undefined || items.length === 0
      ? given.windows.map(ofWindow)
      : items.map((name) => judgeItem(name, given));
  const complete = judged.length > 0 && judged.every(({ verdict }) => verdict === 'pass');
  return { state: complete ? 'complete' : 'open', items: judged };
}

function judgeItem(name: string, given: Parameters<typeof judgeSignOff>[1]): ItemState {
  const { planned, windows, facts } = given;
  const own = windowOfItem(name);
  const ofItem = own && windows.find((window) => window.name === own.name);
  if (ofItem) return { ...ofWindow(ofItem), name };
  const stable = /^stable-(\d{1,3}[mhd])$/.exec(name)?.[1];
  if (stable !== undefined) return judgeStable(name, parseDuration(stable), given);
  const wanted = measuredItems[name] ?? ofFeature(name);
  const checks = wanted === undefined ? [] : checksOf(planned, windows, wanted);
  // What no window asks for, nobody measures.
  if (checks.length > 0) return { name, ...combine(checks) };
  const at = facts.confirmed.get(name);
  if (at === undefined) return { name, verdict: 'open', value: 'nobody has confirmed it yet', confirm: name };
  return { name, verdict: 'pass', value: 'confirmed', at, confirm: name };
}

function ofWindow({ name, verdict, until, checks, reasons }: WindowState): ItemState {
  const value = verdict === 'pass' ? checks.map(({ value: each }) => each).join('; ') : reasons.join('; ');
  return { name, verdict, value, ...(verdict === 'pass' && { at: Math.max(until, ...timesOf(checks)) }) };
}

function judgeStable(name: string, lengthMs: number, given: Parameters<typeof judgeSignOff>[1]): ItemState {
  const { windows, promotedAt, now } = given;
  const end = promotedAt + lengthMs;
  const within = windows.filter(({ until }) => until <= end);
  const length = formatDuration(lengthMs);
  const failed = within.find(({ verdict }) => verdict === 'fail');
  if (failed) return { name, verdict: 'fail', value: `${failed.name} failed: ${failed.reasons.join('; ')}` };
  if (now < end) return { name, verdict: 'open', value: `${length} are not over` };
  const rest = within.find(({ verdict }) => verdict !== 'pass');
  if (rest)
    return { name, verdict: rest.verdict, value: `${rest.name} is ${rest.verdict}: ${rest.reasons.join('; ')}` };
  const at = Math.max(end, ...within.flatMap(({ checks }) => timesOf(checks)));
  return { name, verdict: 'pass', value: `live for ${length}, ${within.length} windows passed`, at };
}

function checksOf(planned: readonly PlannedWindow[], windows: readonly WindowState[], wanted: Wanted): CheckState[] {
  return planned.flatMap((window) => {
    const state = windows.find(({ name }) => name === window.name);
    return window.require.flatMap(({ requirement }, index) =>
      wanted(requirement) ? (state?.checks[index] ?? []) : [],
    );
  });
}

/** The worst of several; a tick carries the time of the last. */
function combine(checks: readonly CheckState[]): Omit<ItemState, 'name'> {
  for (const verdict of ['fail', 'open', 'could-not-run'] as const) {
    const found = checks.find((check) => check.verdict === verdict);
    if (found) return { verdict, value: `${found.require}: ${found.value}` };
  }
  const value = checks.map(({ value: each }) => each).join('; ');
  return { verdict: 'pass', value, at: Math.max(0, ...timesOf(checks)) };
}

function timesOf(checks: readonly CheckState[]): number[] {
  return checks.flatMap(({ at }) => at ?? []);
}
