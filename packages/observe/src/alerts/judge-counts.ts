import type { Rule } from '#config/rules';
import { totalOf } from '../bucket.ts';
import { explain, judgeRule } from '../judge/judge.ts';
import type { AlertFacts, AlertFinding, AlertWindow } from './alert-facts.ts';
import type { Alert, AlertLimit } from './plan-alerts.ts';

/** Judges an alert about the share of failed requests or their response times, each source by its own counts. */
export function judgeCounts(alert: Alert, { windows, combine, blind, minRequests }: AlertFacts): AlertFinding {
  const { key, kind } = alert;
  const timed = windows.filter(({ buckets }) => buckets.some(({ p95 }) => p95 !== undefined));
  // A source that tells no response times does not stand before one that does.
  const fitting = kind === 'error-rate' || timed.length === 0 ? windows : timed;
  const findings = fitting.map((window) => judgeWindow(alert, window, minRequests));
  const [first] = findings;
  if (first === undefined) return { key, state: 'no-data', reasonCode: 'source_blind', said: blind };
  const firing = findings.find(({ state }) => state === 'firing');
  const calm = findings.find(({ state }) => state !== 'firing');
  if (combine === 'any') return firing ?? findings.find(({ state }) => state !== 'ok') ?? first;
  return combine === 'all' ? (calm ?? first) : first;
}

function judgeWindow(alert: Alert, window: AlertWindow, minRequests: number): AlertFinding {
  const { key } = alert;
  const { source, buckets, startedAt, intervalSeconds } = window;
  // One window of many that are looked at: it never gets the lower bar of a last one.
  const planned = Math.round(((buckets.at(-1)?.end ?? startedAt) - startedAt) / intervalSeconds) + 1;
  const verdicts = alert.limits.map((limit) => {
    const verdict = judgeRule(watchRule(limit), {
      baseline: [],
      buckets,
      startedAt,
      intervalSeconds,
      planned,
      minRequests,
    });
    return { limit, verdict };
  });
  const broken = verdicts.findLast(({ verdict }) => verdict.verdict === 'fail');
  const [mildest] = verdicts;
  if (mildest === undefined) throw new TypeError(`the alert ${key} has no limit`);
  const { limit, verdict } = broken ?? mildest;
  const { reasonCode } = verdict;
  if (broken) return { key, state: 'firing', limit, reasonCode, said: explain(verdict, buckets), source };
  const enough = totalOf(buckets).requests >= minRequests && reasonCode !== 'no_response_times';
  if (enough && verdict.value <= verdict.limit) {
    const said = explain({ ...verdict, reasonCode: 'below_limit' }, buckets);
    return { key, state: 'ok', reasonCode: 'below_limit', said, source };
  }
  const state = reasonCode === 'no_response_times' ? 'no-data' : 'undecided';
  return { key, state, reasonCode, said: explain(verdict, buckets), source };
}

/** The limit in the words of a watch. */
function watchRule({ rule }: AlertLimit): Rule {
  const { limit = 0, text } = rule;
  return rule.metric === 'error-rate'
    ? { metric: 'error-rate', above: { kind: 'share', value: limit }, immediately: false, text }
    : { metric: 'p95', above: { kind: 'time', ms: limit }, immediately: false, text };
}
