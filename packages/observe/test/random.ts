/** Seeded random numbers (sfc32 of PractRand, seeded through splitmix32) and the distributions that simulated traffic needs, all exact. */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(seed: number) {
    let state = seed | 0;
    const split = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let t = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
      return (t ^ (t >>> 15)) | 0;
    };
    [this.a, this.b, this.c] = [split(), split(), split()];
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return (t >>> 0) / 4_294_967_296;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** By halves: the m-th arrival of a Poisson process is gamma distributed (Ahrens and Dieter 1974). */
  poisson(mean: number): number {
    if (mean > 30) {
      const m = Math.floor(mean * 0.875);
      const arrival = this.gamma(m);
      return arrival > mean ? this.binomial(m - 1, mean / arrival) : m + this.poisson(mean - arrival);
    }
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.next(); product > limit; product *= this.next()) count += 1;
    return count;
  }

  /** By halves: the i-th smallest of n uniform numbers is beta distributed (Relles 1972); small ones by waiting times. */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    if (n * p > 30) {
      const i = Math.floor((n + 1) * p);
      const x = this.gamma(i);
      const split = x / (x + this.gamma(n + 1 - i));
      if (split > p) return this.binomial(i - 1, p / split);
      return i + this.binomial(n - i, (p - split) / (1 - split));
    }
    const scale = Math.log1p(-p);
    let count = 0;
    for (let at = 0; ; count += 1) {
      at += Math.floor(Math.log(1 - this.next()) / scale) + 1;
      if (at > n) return count;
    }
  }

  /** Marsaglia and Tsang 2000. */
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

  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /** Requests (Poisson) and errors (beta-binomial with correlation `rho`, 0: binomial) of one interval. */
  interval(requests: number, p: number, rho: number): { requests: number; errors: number } {
    const n = this.poisson(requests);
    if (rho === 0) return { requests: n, errors: this.binomial(n, p) };
    const s = 1 / rho - 1;
    return { requests: n, errors: this.binomial(n, this.beta(p * s, (1 - p) * s)) };
  }
}
