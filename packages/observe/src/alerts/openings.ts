import type { Reading } from '../reading.ts';

/** What earlier runs saw of the circuit breakers. */
export interface Openings {
  /** Names of those that were open at the last look. */
  open: string[];
  /** What a counter of openings showed; absent where the source tells states. */
  total?: number;
  /** When each opening was seen, Unix seconds, of the last hour. */
  at: number[];
}

const keptSeconds = 3_600;

/**
 * Adds one look. A breaker that is open and was not is an opening, at the time of the look; a counter adds what it grew by, and one
 * that fell was restarted: what it shows are new openings. Pure.
 */
export function noteOpenings(before: Openings, reading: Reading | undefined, now: number): Openings {
  const kept = before.at.filter((at) => at > now - keptSeconds);
  if (reading === undefined) return { ...before, at: kept };
  const { names, value } = reading;
  if (names !== undefined) {
    const opened = names.filter((name) => !before.open.includes(name));
    return { open: [...names], at: [...kept, ...opened.map(() => now)] };
  }
  // A counter that is seen for the first time says nothing about when.
  const grown = before.total === undefined ? 0 : value < before.total ? value : value - before.total;
  return { open: [], total: value, at: [...kept, ...Array.from({ length: Math.min(100, grown) }, () => now)] };
}
