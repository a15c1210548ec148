// Lanczos approximation, g = 7, n = 9: about 15 digits for positive arguments.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** ln Γ(x) for x > 0. */
export function lgamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - lgamma(1 - x);
  let sum = LANCZOS[0] ?? 1;
  for (let index = 1; index < LANCZOS.length; index += 1) sum += (LANCZOS[index] ?? 0) / (x - 1 + index);
  const t = x + 6.5;
  return HALF_LOG_TWO_PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Log-likelihood of e errors in n requests, BetaBinomial with mean p and correlation ρ between requests of one bucket, without
 * the binomial coefficient (it cancels in every comparison). 0 < p < 1, 0 < ρ < 1.
 */
export function logBetaBinomial(n: number, e: number, p: number, rho: number): number {
  if (n === 0) return 0;
  const s = 1 / rho - 1;
  const a = p * s;
  const b = (1 - p) * s;
  return lgamma(e + a) - lgamma(a) + lgamma(n - e + b) - lgamma(b) - lgamma(n + s) + lgamma(s);
}

/** ln Σ exp(x), -Infinity for an empty list. */
export function logSumExp(values: Iterable<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  const all = [...values];
  for (const value of all) largest = Math.max(largest, value);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of all) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}
