import { Random } from '../../../packages/observe/test/random.ts';

/** Requests and errors of one interval. */
export interface Counts {
  requests: number;
  errors: number;
}

/** One kind of traffic: a healthy baseline, then a release. Rates are shares. */
export interface Traffic {
  /** Mean requests per interval. */
  requests: number;
  /** Correlation of the errors within one interval; 0: independent. */
  rho: number;
  /** Correlation of the latent rates of neighbouring intervals (`copula`: beta marginals, `lognormal`: the same variance). */
  serial?: { phi: number; shape: 'copula' | 'lognormal' };
  healthy: number;
  /** Rate of the release from interval `from` (default 0) on; before it the rate is `healthy`. */
  rate: number;
  from?: number;
  /** Rate of the first interval after the switch, where caches and functions are cold. Default: as the others. */
  first?: number;
  baseline: number;
  window: number;
  /** Mean requests vary between these factors, from interval to interval along a wave. */
  varies?: [least: number, most: number];
  /** The baseline is drawn without any error. */
  noErrorsBefore?: boolean;
}

/** Draws run number `run` of this traffic; the same numbers for the same seed, whoever judges them. */
export function drawRun(traffic: Traffic, run: number, seed = 1): { baseline: Counts[]; window: Counts[] } {
  const random = new Random(Math.imul(seed, 1_000_003) + Math.imul(run, 7919));
  const rates = traffic.serial ? latentRates(traffic, traffic.serial, random) : undefined;
  const interval = (rate: number, index: number): Counts => {
    const [least, most] = traffic.varies ?? [1, 1];
    const wave = least + (most - least) * (0.5 - 0.5 * Math.cos((index / 15) * Math.PI));
    if (!rates) return random.interval(traffic.requests * wave, rate, traffic.rho);
    const n = random.poisson(traffic.requests * wave);
    return { requests: n, errors: random.binomial(n, rates(rate)) };
  };
  const baseline = Array.from({ length: traffic.baseline }, (_, index) => interval(traffic.healthy, index));
  if (traffic.noErrorsBefore) for (const each of baseline) each.errors = 0;
  const window = Array.from({ length: traffic.window }, (_, index) => {
    const rate = index < (traffic.from ?? 0) ? traffic.healthy : traffic.rate;
    return interval(index === 0 ? (traffic.first ?? rate) : rate, traffic.baseline + index);
  });
  return { baseline, window };
}

function latentRates(
  { rho }: Traffic,
  { phi, shape }: NonNullable<Traffic['serial']>,
  random: Random,
): (rate: number) => number {
  let z = random.normal();
  return (rate) => {
    const now = z;
    z = phi * z + Math.sqrt(1 - phi * phi) * random.normal();
    if (shape === 'copula') return betaQuantile(rate, rho, now);
    const variance = Math.log1p((rho * (1 - rate)) / rate);
    return Math.min(0.99, rate * Math.exp(Math.sqrt(variance) * now - variance / 2));
  };
}

const tables = new Map<string, Float64Array>();
const [least, most, steps] = [-5, 5, 800];

/** The quantile of Beta with mean `p` and correlation ρ at Φ(z), from a table. */
function betaQuantile(p: number, rho: number, z: number): number {
  const key = `${p} ${rho}`;
  const table = tables.get(key) ?? betaTable(p, rho);
  tables.set(key, table);
  const at = (Math.min(most, Math.max(least, z)) - least) * (steps / (most - least));
  const index = Math.min(steps - 1, Math.floor(at));
  const [low = 0, high = 0] = [table[index], table[index + 1]];
  return low + (high - low) * (at - index);
}

function betaTable(p: number, rho: number): Float64Array {
  const s = 1 / rho - 1;
  const [a, b] = [p * s, (1 - p) * s];
  // The density in x = exp(t), summed over a fine grid of t, gives the distribution; the table inverts it.
  const from = Math.log(p) - 60 / Math.max(a, 0.4);
  const count = 40_000;
  const step = -from / count;
  const sums = new Float64Array(count + 1);
  for (let index = 1; index <= count; index += 1) {
    const t = from + (index - 0.5) * step;
    sums[index] = (sums[index - 1] ?? 0) + Math.exp(a * (t - Math.log(p)) + (b - 1) * Math.log(-Math.expm1(t)));
  }
  const total = sums[count] ?? 1;
  const table = new Float64Array(steps + 1);
  let index = 0;
  for (let entry = 0; entry <= steps; entry += 1) {
    const goal = total * normalDistribution(least + (entry * (most - least)) / steps);
    while (index < count && (sums[index] ?? 0) < goal) index += 1;
    table[entry] = Math.exp(from + index * step);
  }
  return table;
}

/** Φ(z) by the error function of Abramowitz and Stegun 7.1.26, to 1.5e-7. */
export function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp(-x * x);
  return z > 0 ? 1 - tail / 2 : tail / 2;
}
