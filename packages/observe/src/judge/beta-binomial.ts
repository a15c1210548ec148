const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** ln Γ(x) for x > 0, by Stirling's series from x = 10 on (about 13 digits), by Γ(x + 1) = x Γ(x) below. */
export function lgamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 10) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))));
  const above = (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + series;
  return product === 1 ? above : above - Math.log(product);
}

/** ln Γ(x + n) − ln Γ(x) for a whole n ≥ 0 and x > 0: one logarithm where n is small, as errors mostly are. */
export function logRising(x: number, n: number): number {
  if (n === 0) return 0;
  if (n > 12) return lgamma(x + n) - lgamma(x);
  let product = x;
  for (let index = 1; index < n; index += 1) product *= x + index;
  return Math.log(product);
}

/** Log-likelihood of e errors in n requests whose error rate is drawn from Beta(a, b), without the binomial coefficient. */
export function logBetaBinomial(n: number, e: number, a: number, b: number): number {
  return logRising(a, e) + logRising(b, n - e) - logRising(a + b, n);
}

/** ln(exp(x) + exp(y)). */
export function logAdd(x: number, y: number): number {
  if (x === Number.NEGATIVE_INFINITY) return y;
  if (y === Number.NEGATIVE_INFINITY) return x;
  return x > y ? x + Math.log1p(Math.exp(y - x)) : y + Math.log1p(Math.exp(x - y));
}

/** ln Σ exp(x) over `values[from, until)`, -Infinity for an empty part. */
export function logSumExp(values: ArrayLike<number>, from = 0, until = values.length): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = from; index < until; index += 1) largest = Math.max(largest, values[index] ?? largest);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let index = from; index < until; index += 1) sum += Math.exp((values[index] ?? largest) - largest);
  return largest + Math.log(sum);
}
