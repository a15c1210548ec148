import type { Contender } from './contenders.ts';
import { drawRun, type Traffic } from './traffic.ts';

/** What a contender does in one cell, as shares and numbers of intervals. */
export interface Measured {
  failed: number;
  /** Median and ninth decile of the interval in which it fails, over the runs that fail. */
  median: number;
  late: number;
  /** Share that passes at some time, and the median interval of the first pass over all runs. */
  passed: number;
  passMedian: number;
}

/** Judges `runs` drawn releases; the same runs for every contender. */
export function measure(contender: Contender, traffic: Traffic, limit: number, runs: number, seed: number): Measured {
  const failedAt: number[] = [];
  const passedAt: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const { baseline, window } = drawRun(traffic, run, seed);
    const next = contender.open({ baseline, limit, traffic });
    let passed = Number.POSITIVE_INFINITY;
    for (const [index, counts] of window.entries()) {
      const word = next(counts);
      if (word === 'pass') passed = Math.min(passed, index + 1);
      if (word !== 'fail') continue;
      // What was there before the fault is a false alarm, not a catch; the caller sets `from` only for late faults.
      failedAt.push(index + 1 - (traffic.from ?? 0));
      break;
    }
    passedAt.push(passed);
  }
  return {
    failed: failedAt.length / runs,
    median: quantile(failedAt, 0.5),
    late: quantile(failedAt, 0.9),
    passed: passedAt.filter(Number.isFinite).length / runs,
    passMedian: quantile(passedAt, 0.5),
  };
}

/** The value below which a share of the values lies; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
