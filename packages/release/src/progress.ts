import type { Clock } from '#http/clock';
import { elapsed } from './elapsed.ts';

const everyMs = 60_000;

export interface Progress {
  stop(): void;
}

/**
 * Says every minute how far long work is, beside what it may take, and warns once when that has passed, while people can still
 * be told (RES-08, DRB-09). Times in milliseconds.
 */
export function startProgress(given: {
  clock: Pick<Clock, 'now'>;
  startedAt: number;
  limitMs: number;
  /** What was reached so far. */
  reached: () => string;
  info: (line: string) => void;
  warn: (line: string) => void;
  everyMs?: number;
}): Progress {
  const { clock, startedAt, limitMs, reached } = given;
  let warned = false;
  const timer = setInterval(() => {
    const line = describeProgress({ tookMs: clock.now() - startedAt, limitMs, reached: reached() });
    if (!line.late || warned) return given.info(line.text);
    warned = true;
    given.warn(line.text);
  }, given.everyMs ?? everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Pure. */
export function describeProgress(given: { tookMs: number; limitMs: number; reached: string }): {
  text: string;
  late: boolean;
} {
  const { tookMs, limitMs, reached } = given;
  const late = tookMs > limitMs;
  const so = reached === '' ? '' : `; so far: ${reached}`;
  return {
    late,
    text: late
      ? `LATE: it is under way for ${elapsed(tookMs)}, and it may take ${elapsed(limitMs)}; tell who is waiting for it${so}`
      : `under way for ${elapsed(tookMs)} of the ${elapsed(limitMs)} that it may take${so}`,
  };
}
