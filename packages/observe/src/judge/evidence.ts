import type { Bucket } from '../bucket.ts';
import { lgamma, logAdd, logBetaBinomial, logRising, logSumExp } from './beta-binomial.ts';
import { dispersions, drift, fault, healthy, PRIOR_ERRORS, STARTS_AT_ONCE, sameAt } from './hypotheses.ts';

type Counts = Pick<Bucket, 'requests' | 'errors'>;

/** How strongly the buckets speak, in natural logarithms of odds. */
export interface Evidence {
  /** Fault against "as before"; the lesser of all ways of clustering and of those alone in which rates persist. */
  faultOverSame: number;
  /** Fault against a drift that the rule tolerates. */
  faultOverDrift: number;
  /** Healthy against "exactly at the limit". */
  healthyOverLimit: number;
  /** The rate that a fault has to exceed: the rule's limit, or the baseline where that is higher already. */
  reference: number;
}

// The cells of one way of clustering lie side by side: as before, fault, drift, healthy, exactly at the limit.
const FAULT = sameAt.length;
const DRIFT = FAULT + fault.length;
const HEALTHY = DRIFT + drift.length;
const LIMIT = HEALTHY + healthy.length;
const CELLS = LIMIT + 1;
const SIZE = dispersions.length * CELLS;
// Persisting rates must convince too, less so the less the data look like them: their odds may miss by this share of how implausible they are.
const DOUBT = 0.2;
const HIGHEST_SAME = 0.95;
const HIGHEST_FAULT = 0.97;

/** Weighs the buckets of a window one after the other against its baseline for one limit (a share). */
export class EvidenceSum {
  readonly reference: number;
  private readonly planned: number;
  /** Rate, log weight, log weight of starting now, and what is known of the present rate, of each cell. */
  private readonly p = new Float64Array(SIZE);
  private readonly log = new Float64Array(SIZE).fill(Number.NEGATIVE_INFINITY);
  private readonly starts = new Float64Array(SIZE);
  private readonly mean = new Float64Array(SIZE);
  private readonly variance = new Float64Array(SIZE);
  /** ln Γ(b) of each cell whose rates do not persist: there it never changes. */
  private readonly lgammaB = new Float64Array(SIZE);
  private added = 0;

  /** `planned`: the number of buckets of the whole window. */
  constructor(baseline: readonly Counts[], limit: number, planned: number) {
    this.planned = planned;
    this.reference = Math.max(limit, this.learn(baseline, limit));
    dispersions.forEach((_, row) => {
      const first = row * CELLS;
      const posterior = logSumExp(this.log, first, first + FAULT);
      fault.forEach(([factor, prior], index) => {
        this.place(row, FAULT + index, Math.min(HIGHEST_FAULT, this.reference * factor));
        this.starts[first + FAULT + index] = Math.log(prior);
      });
      drift.forEach(([factor, prior], index) => {
        this.place(row, DRIFT + index, Math.min(HIGHEST_SAME, this.reference * factor));
        this.starts[first + DRIFT + index] = Math.log(prior);
      });
      healthy.forEach(([factor, prior], index) => {
        this.place(row, HEALTHY + index, limit * factor, posterior + Math.log(prior));
      });
      this.place(row, LIMIT, limit, posterior);
    });
  }

  /** Adds the next bucket of the window, as long as so many of those that are planned. */
  add(bucket: Counts, length = 1): void {
    const later = ((1 - STARTS_AT_ONCE) * length) / Math.max(1, this.planned - 1);
    const start = this.planned <= 1 ? 0 : Math.log(this.added === 0 ? STARTS_AT_ONCE : later);
    this.added += 1;
    for (let row = 0; row < dispersions.length; row += 1) {
      this.start(row, start);
      this.weigh(row, CELLS, bucket);
    }
  }

  read(): Evidence {
    const [sameRows, foundRows] = [this.sumRows(0, FAULT), this.sumRows(FAULT, DRIFT)];
    const [same, found] = [logSumExp(sameRows), logSumExp(foundRows)];
    const [samePersisting, foundPersisting] = [sumPersisting(sameRows), sumPersisting(foundRows)];
    const plausible = logAdd(samePersisting, foundPersisting) - logAdd(same, found);
    return {
      faultOverSame: Math.min(found - same, foundPersisting - samePersisting - DOUBT * plausible),
      faultOverDrift: found - this.sum(DRIFT, HEALTHY),
      healthyOverLimit: this.sum(HEALTHY, LIMIT) - this.sum(LIMIT, CELLS),
      reference: this.reference,
    };
  }

  /** How many times wider than for independent errors the spread of a rate over buckets of `size` requests is: its variance. */
  designEffect(size: number): number {
    const rows = dispersions.map((_, row) => logSumExp(this.log, row * CELLS, row * CELLS + HEALTHY));
    const total = logSumExp(rows);
    let sum = 0;
    dispersions.forEach(({ rho, phi }, row) => {
      const wider = ((1 + phi) / (1 - phi)) * Math.max(0, size - 1) * rho;
      sum += Math.exp((rows[row] ?? total) - total) * Math.log1p(wider);
    });
    return Math.exp(sum);
  }

  /** Places "as before" around the baseline's mean and weighs it by the baseline; the mean of the rate that is left. */
  private learn(baseline: readonly Counts[], limit: number): number {
    let [requests, errors, squares] = [0, 0, 0];
    for (const each of baseline) {
      requests += each.requests;
      errors += each.errors;
      squares += each.requests ** 2;
    }
    const sizeBiased = requests === 0 ? 0 : squares / requests;
    const priorRequests = PRIOR_ERRORS / (0.5 * limit);
    const mean = (errors + PRIOR_ERRORS) / (requests + priorRequests);
    // Where nothing is known of the time before, "as before" must not excuse what the rule forbids.
    const highest = requests === 0 ? limit : HIGHEST_SAME;
    dispersions.forEach(({ rho, phi, prior }, row) => {
      const wider = (1 + sizeBiased * rho) * ((1 + phi) / (1 - phi));
      const sigma = Math.min(1, Math.sqrt(wider / (errors + PRIOR_ERRORS)));
      sameAt.forEach((z, index) => {
        const p = Math.min(highest, mean * Math.exp(sigma * z));
        const log = PRIOR_ERRORS * Math.log(p) + (priorRequests - 1) * Math.log1p(-p);
        this.place(row, index, p, Math.log(prior * sigma) + log);
      });
      for (const bucket of baseline) this.weigh(row, FAULT, bucket);
    });
    const total = this.sum(0, FAULT);
    let estimate = 0;
    for (let cell = 0; cell < SIZE; cell += 1) {
      if (cell % CELLS >= FAULT) continue;
      const log = at(this.log, cell) - total;
      this.log[cell] = log;
      estimate += at(this.p, cell) * Math.exp(log);
    }
    return estimate;
  }

  private place(row: number, index: number, p: number, log = Number.NEGATIVE_INFINITY): void {
    const cell = row * CELLS + index;
    this.p[cell] = p;
    this.log[cell] = log;
    this.mean[cell] = p;
    const { rho = 0, phi = 0 } = dispersions[row] ?? {};
    this.variance[cell] = p * (1 - p) * rho;
    if (phi === 0) this.lgammaB[cell] = lgamma((1 - p) * (1 / rho - 1));
  }

  /** Lets fault and drift start in this interval, for what was "as before" until now. */
  private start(row: number, weight: number): void {
    const first = row * CELLS;
    const { rho = 0, phi = 0 } = dispersions[row] ?? {};
    const until = weight + logSumExp(this.log, first, first + FAULT);
    for (let cell = first + FAULT; cell < first + HEALTHY; cell += 1) {
      const old = at(this.log, cell);
      const log = logAdd(old, until + at(this.starts, cell));
      this.log[cell] = log;
      if (phi === 0) continue;
      // Two beliefs about the present rate become one with the same mean and variance.
      const kept = Math.exp(old - log);
      const [p, mean] = [at(this.p, cell), at(this.mean, cell)];
      const merged = kept * mean + (1 - kept) * p;
      const fresh = p * (1 - p) * rho + (p - merged) ** 2;
      this.variance[cell] = kept * (at(this.variance, cell) + (mean - merged) ** 2) + (1 - kept) * fresh;
      this.mean[cell] = merged;
    }
  }

  /** Multiplies the first `count` cells of a row by the likelihood of a bucket. */
  private weigh(row: number, count: number, bucket: Counts): void {
    const until = row * CELLS + count;
    if (dispersions[row]?.phi === 0) this.weighSteady(row, until, bucket);
    else this.weighPersisting(row, until, bucket);
  }

  /** Persisting rates learn from the bucket. */
  private weighPersisting(row: number, until: number, { requests, errors }: Counts): void {
    const { rho = 0, phi = 0 } = dispersions[row] ?? {};
    for (let cell = row * CELLS; cell < until; cell += 1) {
      const mean = at(this.mean, cell);
      const size = (mean * (1 - mean)) / at(this.variance, cell) - 1;
      const [a, b] = [mean * size, (1 - mean) * size];
      this.log[cell] = at(this.log, cell) + logBetaBinomial(requests, errors, a, b);
      const p = at(this.p, cell);
      const after = (a + errors) / (size + requests);
      const spread = (after * (1 - after)) / (size + requests + 1);
      this.mean[cell] = p + phi * (after - p);
      this.variance[cell] = phi * phi * spread + (1 - phi * phi) * p * (1 - p) * rho;
    }
  }

  /** Where rates do not persist a + b is the same in all cells of a row. */
  private weighSteady(row: number, until: number, { requests, errors }: Counts): void {
    const size = 1 / (dispersions[row]?.rho ?? 1) - 1;
    const whole = logRising(size, requests);
    for (let cell = row * CELLS; cell < until; cell += 1) {
      const a = at(this.p, cell) * size;
      const good = lgamma(size - a + requests - errors) - at(this.lgammaB, cell);
      this.log[cell] = at(this.log, cell) + logRising(a, errors) + good - whole;
    }
  }

  private sum(from: number, until: number): number {
    return logSumExp(this.sumRows(from, until));
  }

  private sumRows(from: number, until: number): number[] {
    return dispersions.map((_, row) => logSumExp(this.log, row * CELLS + from, row * CELLS + until));
  }
}

function sumPersisting(rows: readonly number[]): number {
  return logSumExp(rows.filter((_, row) => (dispersions[row]?.phi ?? 0) > 0));
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? Number.NaN;
}
