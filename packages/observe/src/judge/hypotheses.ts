import type { Bucket } from '../bucket.ts';
import { logBetaBinomial, logSumExp } from './beta-binomial.ts';

type Counts = Pick<Bucket, 'requests' | 'errors'>;

/** How strongly the buckets speak, in natural logarithms of odds. */
export interface Evidence {
  /** Fault against "as before". */
  faultOverSame: number;
  /** Fault against a drift that the rule tolerates. */
  faultOverDrift: number;
  /** Healthy against "exactly at the limit". */
  healthyOverLimit: number;
  /** The rate that a fault has to exceed: the rule's limit, or the baseline where that is higher already. */
  reference: number;
}

// How errors cluster is unknown: every ρ of this grid is weighed (prior beside it). No tuning per traffic.
const RHO = [1e-4, 7e-4, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08];
const RHO_PRIOR = [0.16, 0.14, 0.14, 0.14, 0.14, 0.12, 0.1, 0.06];
const Z = [-2.4, -1.8, -1.2, -0.6, 0, 0.6, 1.2, 1.8, 2.4];
// "Healthy is about half the limit, worth three errors."
const PRIOR_ERRORS = 3;
const DRIFT = [0.75, 1];
const FAULT = [1.4, 2, 2.8, 4, 6, 9, 14, 25];
const FAULT_PRIOR = [0.12, 0.18, 0.19, 0.16, 0.13, 0.1, 0.07, 0.05];
const HEALTHY = [0.1, 0.25, 0.5];
const HEALTHY_PRIOR = [0.33, 0.34, 0.33];
// A fault usually starts with the release; the rest is spread over the later buckets.
const STARTS_AT_ONCE = 0.7;

interface Grid {
  rho: number;
  /** Baseline rates with their weights (log), updated by every bucket: "as before". */
  same: { p: number; log: number }[];
  fault: { p: number; prior: number; log: number }[];
  drift: { p: number; prior: number; log: number }[];
  healthy: { p: number; log: number }[];
  limit: number;
}

/**
 * Weighs the window's buckets against the baseline for one limit (a share). `planned` is the number of buckets of the whole
 * window. Prior, grids and start weights are those of the prototype that was measured in simulation.
 */
export function weigh(
  baseline: readonly Counts[],
  window: readonly Counts[],
  limit: number,
  planned: number,
): Evidence {
  const { grids, reference } = start(baseline, limit);
  window.forEach((bucket, index) => {
    for (const grid of grids) update(grid, bucket, startWeight(index, planned), limit);
  });
  const lse = (part: 'same' | 'fault' | 'drift' | 'healthy'): number =>
    logSumExp(grids.flatMap((grid) => grid[part].map((each) => each.log)));
  const [fault, same] = [lse('fault'), lse('same')];
  return {
    faultOverSame: fault - same,
    faultOverDrift: fault - lse('drift'),
    healthyOverLimit: lse('healthy') - logSumExp(grids.map((grid) => grid.limit)),
    reference,
  };
}

function startWeight(index: number, planned: number): number {
  if (planned <= 1) return Math.log(1);
  return Math.log(index === 0 ? STARTS_AT_ONCE : (1 - STARTS_AT_ONCE) / (planned - 1));
}

function start(baseline: readonly Counts[], limit: number): { grids: Grid[]; reference: number } {
  const b0 = PRIOR_ERRORS / (0.5 * limit);
  const requests = baseline.reduce((sum, each) => sum + each.requests, 0);
  const errors = baseline.reduce((sum, each) => sum + each.errors, 0);
  const sizeBiased = requests === 0 ? 0 : baseline.reduce((sum, each) => sum + each.requests ** 2, 0) / requests;
  const mean = (errors + PRIOR_ERRORS) / (requests + b0);
  // Where nothing is known of the time before, "as before" must not excuse what the rule forbids.
  const highest = requests === 0 ? limit : 0.95;
  const same = RHO.map((rho, row) => {
    const sigma = Math.min(1, Math.sqrt((1 + sizeBiased * rho) / (errors + PRIOR_ERRORS)));
    return Z.map((z) => {
      const p = Math.min(highest, mean * Math.exp(sigma * z));
      let log = Math.log((RHO_PRIOR[row] ?? 0) * sigma) + PRIOR_ERRORS * Math.log(p) + (b0 - 1) * Math.log1p(-p);
      for (const bucket of baseline) log += logBetaBinomial(bucket.requests, bucket.errors, p, rho);
      return { p, log };
    });
  });
  const total = logSumExp(same.flat().map((each) => each.log));
  for (const each of same.flat()) each.log -= total;
  const reference = Math.max(
    limit,
    same.flat().reduce((sum, each) => sum + each.p * Math.exp(each.log), 0),
  );
  const grids = RHO.map((rho, row): Grid => {
    const own = same[row] ?? [];
    const posterior = logSumExp(own.map((each) => each.log));
    const none = Number.NEGATIVE_INFINITY;
    return {
      rho,
      same: own,
      fault: FAULT.map((factor, index) => {
        return { p: Math.min(0.6, reference * factor), prior: Math.log(FAULT_PRIOR[index] ?? 0), log: none };
      }),
      drift: DRIFT.map((factor) => ({ p: Math.min(0.95, reference * factor), prior: Math.log(0.5), log: none })),
      healthy: HEALTHY.map((factor, index) => {
        return { p: limit * factor, log: posterior + Math.log(HEALTHY_PRIOR[index] ?? 0) };
      }),
      limit: posterior,
    };
  });
  return { grids, reference };
}

function update(grid: Grid, { requests, errors }: Counts, startLog: number, limit: number): void {
  const until = startLog + logSumExp(grid.same.map((each) => each.log));
  for (const each of [...grid.fault, ...grid.drift]) {
    each.log = logSumExp([each.log, until + each.prior]) + logBetaBinomial(requests, errors, each.p, grid.rho);
  }
  for (const each of [...grid.same, ...grid.healthy]) {
    each.log += logBetaBinomial(requests, errors, each.p, grid.rho);
  }
  grid.limit += logBetaBinomial(requests, errors, limit, grid.rho);
}
