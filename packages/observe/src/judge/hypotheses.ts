/** How errors cluster: ρ correlates two requests of one interval, φ the rates of two neighbouring intervals. */
export interface Dispersion {
  rho: number;
  phi: number;
  /** Weight before anything was seen. */
  prior: number;
}

// Nobody knows how errors cluster, so every row is weighed and baseline and window say which one holds: no tuning per traffic.
// ρ = 1e-9 is "independent" for any traffic that exists, and for less than 100,000 requests in an interval so is 1e-6; 0.08 is an
// outage of minutes in every hour.
const rhoPrior: readonly [rho: number, prior: number][] = [
  [1e-9, 0.03],
  [1e-6, 0.03],
  [1e-4, 0.1],
  [7e-4, 0.14],
  [0.002, 0.14],
  [0.005, 0.14],
  [0.01, 0.14],
  [0.02, 0.12],
  [0.04, 0.1],
  [0.08, 0.06],
];
// Rows that exist a second time with rates that persist. 0.6 also covers φ = 0.5 and, in part, 0.8.
const PERSISTING = 0.6;
const PERSISTING_SHARE = 0.5;
const persists = (rho: number): boolean => [1e-9, 1e-6, 0.002, 0.005, 0.01, 0.02, 0.04].includes(rho);

/** Every way of clustering that is weighed; the priors sum to one. */
export const dispersions: readonly Dispersion[] = rhoPrior.flatMap(([rho, prior]) => {
  if (!persists(rho)) return [{ rho, phi: 0, prior }];
  return [
    { rho, phi: 0, prior: prior * (1 - PERSISTING_SHARE) },
    { rho, phi: PERSISTING, prior: prior * PERSISTING_SHARE },
  ];
});

/** "Healthy is about half the limit, worth three errors": the prior of the rate before the release. */
export const PRIOR_ERRORS = 3;

/** Standard deviations around the baseline's mean at which "as before" is placed. */
export const sameAt = [-2.4, -1.8, -1.2, -0.6, 0, 0.6, 1.2, 1.8, 2.4];

/** One rate of a hypothesis, as a factor of the reference rate, and its weight. */
type Place = readonly [factor: number, prior: number];

/** A drift that the rule tolerates: up to the reference itself. */
export const drift: readonly Place[] = [
  [0.75, 0.5],
  [1, 0.5],
];

// The steps next to 1 make any rate above the limit fail once the requests suffice; together they weigh 12 %, so that an
// ordinary fault is not found later for them.
/** A fault: above the reference. */
export const fault: readonly Place[] = [
  [1.001, 0.003],
  [1.003, 0.003],
  [1.006, 0.004],
  [1.0125, 0.01],
  [1.025, 0.015],
  [1.05, 0.025],
  [1.1, 0.03],
  [1.2, 0.03],
  [1.4, 0.1],
  [2, 0.16],
  [2.8, 0.17],
  [4, 0.14],
  [6, 0.12],
  [9, 0.09],
  [14, 0.06],
  [25, 0.04],
];

/** Healthy, for the pass side: factors of the rule's limit. */
export const healthy: readonly Place[] = [
  [0.1, 0.33],
  [0.25, 0.34],
  [0.5, 0.33],
];

/** A fault usually starts with the release; the rest of the weight is spread over the later intervals. */
export const STARTS_AT_ONCE = 0.7;
