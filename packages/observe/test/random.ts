/** Seeded random numbers (mulberry32) and the distributions that simulations of traffic need. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count += 1;
    return count;
  }

  binomial(n: number, p: number): number {
    if (n * p > 40 && n * (1 - p) > 40) {
      return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(n * p * (1 - p)) * this.normal())));
    }
    let count = 0;
    for (let trial = 0; trial < n; trial += 1) if (this.next() < p) count += 1;
    return count;
  }

  /** Marsaglia and Tsang. */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.next()) ** (1 / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(1 - this.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Requests (Poisson) and errors (beta-binomial with correlation `rho`, 0: binomial) of one interval. */
  interval(requests: number, p: number, rho: number): { requests: number; errors: number } {
    const n = this.poisson(requests);
    if (rho === 0) return { requests: n, errors: this.binomial(n, p) };
    const s = 1 / rho - 1;
    const [a, b] = [this.gamma(p * s), this.gamma((1 - p) * s)];
    return { requests: n, errors: this.binomial(n, a / (a + b)) };
  }
}
