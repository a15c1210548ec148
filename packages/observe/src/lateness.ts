// The schedule runs every five minutes, and a runner needs some seconds to start.
const PUNCTUAL_MS = 6 * 60_000;

/**
 * What people are told of a verdict that came later than every five minutes would have given it; undefined where it was on time.
 * GitHub starts scheduled runs late or leaves them out at times of high load. Times in milliseconds. Pure.
 */
export function describeLateness(dueAt: number, now: number): string | undefined {
  if (now - dueAt <= PUNCTUAL_MS) return undefined;
  const minutes = Math.round((now - dueAt) / 60_000);
  return `this run came ${minutes} minutes after that could first be known; it judged by the times of the counts`;
}
