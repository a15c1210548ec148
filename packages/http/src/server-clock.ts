import type { HttpAnswer } from './client.ts';
import type { Clock } from './clock.ts';

/** A Date header counts whole seconds. */
const SECOND_MS = 1_000;

/**
 * How far a server's clock is ahead of ours in milliseconds, as far as the Date of its answer proves: 0 where both may be equal,
 * undefined where it sent none or the answer came out of a cache. `sentAt` and `receivedAt` by our clock. Pure.
 */
export function clockAhead(
  { headers }: Pick<HttpAnswer, 'headers'>,
  { sentAt, receivedAt }: { sentAt: number; receivedAt: number },
): number | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date) || Number(headers.get('age') ?? 0) > 0) return undefined;
  const [least, most] = [date - receivedAt, date + SECOND_MS - sentAt];
  return least <= 0 && most >= 0 ? 0 : Math.round((least + most) / 2);
}

/** The same clock, so many milliseconds ahead; its waits are those of the clock behind it. */
export function aheadOf(clock: Clock, aheadMs: number): Clock {
  if (aheadMs === 0) return clock;
  return {
    now: () => clock.now() + aheadMs,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    aheadMs: (clock.aheadMs ?? 0) + aheadMs,
  };
}
