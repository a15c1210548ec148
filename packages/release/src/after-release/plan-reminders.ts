import type { WindowState } from './judge-window.ts';

/** A quarter of the window before its end, an hour at most: enough to ask somebody. */
const share = 0.25;
const longestMs = 60 * 60_000;

/** Windows that end soon, or are over, and wait for people who were not reminded. Times in milliseconds. Pure. */
export function windowsToRemindOf(
  windows: readonly WindowState[],
  now: number,
  reminded: ReadonlySet<string>,
): { name: string; until: number; waiting: string[] }[] {
  return windows.flatMap(({ name, from, until, checks }) => {
    const waiting = [...new Set(checks.flatMap(({ verdict, confirm }) => (verdict === 'open' ? (confirm ?? []) : [])))];
    const lead = Math.min(longestMs, (until - from) * share);
    return waiting.length === 0 || reminded.has(name) || now < until - lead ? [] : [{ name, until, waiting }];
  });
}
