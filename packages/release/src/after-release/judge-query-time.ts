import type { QueryTotals } from '#postgres/doctor/read-query-totals';
import type { LookAnswer } from './judge-looks.ts';

/** What the first look after a promotion found; `at` in milliseconds by GitHub's clock. */
export interface QueriesBefore {
  calls: number;
  totalMs: number;
  at: number;
}

/** The mean of fewer queries is that of a few slow ones. */
const leastCalls = 1_000;
/** Queries are looked at for so long at least. */
const leastMs = 10 * 60_000;
/** The statistics were counting for so long before the promotion at least. */
const leastBeforeMs = 60 * 60_000;
/** PDW-05: a mean that doubled is a fault, whoever looks at it. */
const fault = 2;
/** Below these milliseconds nobody notices a difference. */
const leastMean = 1;

/**
 * Whether queries take as long as before the release (PDW-05): the mean since the first look after the promotion, against that of
 * all the time before it, which pg_stat_statements holds. `keep` is what the first look has to record. The mean of a long time is no
 * exact measure: what is beyond the tolerance and not doubled is a question for a person. Times in milliseconds. Pure.
 */
export function judgeQueryTime(given: {
  totals: QueryTotals;
  before: QueriesBefore | undefined;
  promotedAt: number;
  now: number;
  /** As a share: 0.25 is a quarter. */
  tolerance: number;
}): LookAnswer & { keep?: QueryTotals } {
  const { totals, before, promotedAt, now, tolerance } = given;
  const ask = (value: string): LookAnswer => ({ verdict: 'needs-confirmation', value });
  const reset = totals.since === undefined ? undefined : totals.since * 1000;
  if (before === undefined) {
    if (reset !== undefined && reset > promotedAt - leastBeforeMs)
      return ask('the statistics of queries begin too late to know the time before the release');
    if (totals.calls < leastCalls)
      return ask('the statistics hold too few queries to know the time before the release');
    return { verdict: 'open', value: 'how long queries take is compared from this look on', keep: totals };
  }
  if ((reset !== undefined && reset > before.at) || totals.calls < before.calls || totals.totalMs < before.totalMs)
    return ask('the statistics of queries were reset after the release: nothing can be compared');
  const calls = totals.calls - before.calls;
  if (now - before.at < leastMs) return { verdict: 'open', value: 'how long queries take was looked at for too short' };
  if (calls < leastCalls) return ask(`only ${calls} queries since the release say too little of how long they take`);
  const usual = before.totalMs / before.calls;
  const mean = (totals.totalMs - before.totalMs) / calls;
  const value = `queries take ${shown(mean)} ms on average, ${shown(usual)} ms before the release`;
  if (mean < leastMean || mean <= usual * (1 + tolerance)) return { verdict: 'pass', value };
  if (mean >= usual * Math.max(fault, 1 + tolerance)) return { verdict: 'fail', value };
  return ask(value);
}

/** Where the doctor found nothing wrong the time of queries decides; both are said. Pure. */
export function withQueryTime(doctor: LookAnswer, queries: LookAnswer): LookAnswer {
  if (doctor.verdict !== 'pass') return doctor;
  return queries.verdict === 'pass' ? { verdict: 'pass', value: `${doctor.value}; ${queries.value}` } : queries;
}

function shown(ms: number): string {
  return ms >= 100 ? String(Math.round(ms)) : ms.toFixed(ms >= 10 ? 1 : 2);
}
