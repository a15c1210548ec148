import type { HttpError } from './http-error.ts';

/** Whether a request may be sent again after a failure that may have reached the server. */
export type Repeat = 'always' | 'if-refused' | 'never';

/** Longest wait that a server's Retry-After can impose, in milliseconds. */
export const LONGEST_WAIT_MS = 60_000;
// The platforms answer 500 for what is over in a moment, too: a read that gave up on it would fail a way back.
const TEMPORARY = new Set([429, 500, 502, 503, 504]);
// The server says that it did not take the request; anything else may have had an effect.
const REFUSED = new Set([429, 503]);

/** Decides whether a failed attempt may be repeated: `if-refused` only when the request provably had no effect. */
export function mayRepeat(error: HttpError, repeat: Repeat): boolean {
  if (repeat === 'never') return false;
  if (error.kind === 'status') {
    const status = error.status ?? 0;
    return repeat === 'always' ? TEMPORARY.has(status) : REFUSED.has(status);
  }
  if (error.kind !== 'connection' && error.kind !== 'timeout') return false;
  return repeat === 'always' || !error.maybeSent;
}

/** Reads Retry-After (seconds or HTTP date) in milliseconds; a date counts from the server's own clock when it sends one (S8). */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (!value) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return undefined;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, at - (Number.isNaN(serverNow) ? now : serverNow));
}

/** Milliseconds to wait before attempt `next` (2, 3 …): Retry-After capped at a minute, else full jitter over 250 ms, 500 ms … 8 s. */
export function waitBefore(next: number, retryAfterMs: number | undefined, random: number): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, LONGEST_WAIT_MS);
  return Math.round(random * Math.min(8000, 250 * 2 ** (next - 2)));
}
