import { measure } from '../judge/judge.ts';
import type { Reading } from '../reading.ts';
import type { AlertFacts, AlertFinding, OwnChecks } from './alert-facts.ts';
import { judgeCounts } from './judge-counts.ts';
import { type Alert, subjectOf } from './plan-alerts.ts';
import { checksOver } from './uptime.ts';

export type { AlertFacts, AlertFinding, AlertWindow, OwnChecks } from './alert-facts.ts';

const sampleWords: Readonly<Record<string, string>> = {
  'failed-request': 'failed request',
  'failed-endpoint': 'failed at',
  'open-issue': 'unresolved:',
};

/** Period of an availability whose rule names none with `within`. */
const availabilitySeconds = 30 * 86_400;

/**
 * Judges one alert by its limits alone, without a baseline: outside of a release it matters what is, not what changed. Requests and
 * response times are judged as in a watch; they fire only on evidence, and recover where the window as a whole keeps the limit.
 */
export function judgeAlert(alert: Alert, facts: AlertFacts): AlertFinding {
  const { kind } = alert;
  if (kind === 'availability') return judgeAvailability(alert, facts);
  if (kind === 'failed-checks') return judgeFailedChecks(alert, facts);
  if (kind === 'unusual') return judgeUnusual(alert, facts);
  if (kind === 'openings') return judgeOpenings(alert, facts);
  if (kind === 'reading') {
    const reading = facts.readings.filter(({ metric }) => metric === alert.key.split(' ', 1)[0]);
    // A response time that no gauge tells is the one that the counts come with.
    if (reading.length > 0 || !alert.key.startsWith('api-response-time '))
      return judgeReadings(alert, reading, facts.unread);
  }
  const finding = judgeCounts(alert, facts);
  const samples = facts.readings.flatMap(({ metric, source, about = '', value, url }) => {
    const what = sampleWords[metric];
    if (what === undefined || source !== finding.source) return [];
    const times = metric === 'failed-endpoint' ? ` (${value})` : '';
    return [{ said: `${what} ${about}${times}`, ...(url !== undefined && { url }) }];
  });
  return finding.state === 'firing' && kind === 'error-rate' && samples.length > 0 ? { ...finding, samples } : finding;
}

/** The worst of the sources that tell it decides; what one counted over another time is not what the limit speaks of. */
function judgeReadings({ key, periodMs, limits }: Alert, told: readonly Reading[], unread: string): AlertFinding {
  const metric = subjectOf(key);
  const below = limits[0]?.rule.comparison === 'below';
  const readings = told
    .filter((reading) => reading.periodMs === undefined || reading.periodMs === periodMs)
    .map((reading) => (below ? { ...reading, value: reading.lowest ?? reading.value } : reading));
  const [first] = readings;
  if (first === undefined) {
    return unread === ''
      ? { key, state: 'no-data', reasonCode: 'no_source', said: `no source tells ${metric}` }
      : { key, state: 'no-data', reasonCode: 'source_blind', said: unread };
  }
  const worst = readings.reduce((a, b) => (below === b.value < a.value ? b : a), first);
  const beyond = limits.findLast(({ rule: { limit = 0 } }) => (below ? worst.value < limit : worst.value > limit));
  const limit = beyond ?? limits[0];
  const value = measure(worst.value, worst.unit);
  const shown = measure(limit?.rule.limit ?? 0, worst.unit);
  const about = worst.about === undefined ? '' : ` (${worst.about})`;
  return beyond
    ? {
        key,
        state: 'firing',
        limit: beyond,
        reasonCode: below ? 'below_limit' : 'above_limit',
        said: `${metric} ${value}${about} is ${below ? 'below' : 'above'} the limit of ${shown}`,
        source: worst.source,
      }
    : {
        key,
        state: 'ok',
        reasonCode: 'within_limit',
        said: `${metric} ${value}${about} keeps the limit of ${shown}`,
        source: worst.source,
      };
}

/** Days that must be known, and how far above their median a count is no longer usual: a factor, and what chance alone reaches. */
const unusual = { leastDays: 4, factor: 3, deviations: 5 };

/** The newest count against the same time of the days before. */
function judgeUnusual({ key, periodMs, limits }: Alert, { readings, unread }: AlertFacts): AlertFinding {
  const [metric = ''] = key.split(' ', 1);
  const compared = readings.filter((each) => each.metric === metric && each.usual !== undefined);
  const reading = compared.find((each) => each.periodMs === undefined || each.periodMs === periodMs);
  const [limit] = limits;
  if (reading === undefined || limit === undefined) {
    const said = unread === '' ? `no source compares ${metric} with the days before` : unread;
    return { key, state: 'no-data', reasonCode: unread === '' ? 'no_source' : 'source_blind', said };
  }
  const days = (reading.usual ?? []).toSorted((a, b) => a - b);
  const median = days[Math.floor(days.length / 2)];
  if (median === undefined || days.length < unusual.leastDays)
    return {
      key,
      state: 'undecided',
      reasonCode: 'no_history',
      said: `${metric} ${reading.value}: only ${days.length} days to compare with`,
    };
  const said = `${metric} ${reading.value}, at the same time of ${days.length} days before ${median} (median)`;
  const beyond =
    reading.value > unusual.factor * median &&
    reading.value > median + unusual.deviations * Math.sqrt(Math.max(1, median));
  return beyond
    ? {
        key,
        state: 'firing',
        limit,
        reasonCode: 'unusual',
        said: `${said}: more than ${unusual.factor} times the usual`,
        source: reading.source,
      }
    : { key, state: 'ok', reasonCode: 'usual', said, source: reading.source };
}

function judgeOpenings({ key, limits }: Alert, { openings, now, unread }: AlertFacts): AlertFinding {
  if (openings === undefined) {
    return unread === ''
      ? { key, state: 'no-data', reasonCode: 'no_source', said: 'no source tells of circuit breakers' }
      : { key, state: 'no-data', reasonCode: 'source_blind', said: unread };
  }
  const counted = limits.map((limit) => {
    const seconds = (limit.rule.perMs ?? 0) / 1000;
    return { limit, seconds, times: openings.at.filter((at) => at > now - seconds).length };
  });
  const broken = counted.findLast(({ limit, times }) => times >= (limit.rule.times ?? 1));
  const { times, seconds } = broken ?? counted[0] ?? { times: 0, seconds: 0 };
  const open = openings.open.length > 0 ? `; open now: ${openings.open.join(', ')}` : '';
  const said = `circuit breakers opened ${times} times in ${Math.round(seconds / 60)} minutes${open}`;
  if (broken) return { key, state: 'firing', limit: broken.limit, reasonCode: 'breakers_opening', said };
  return { key, state: 'ok', reasonCode: 'within_limit', said };
}

/**
 * Counted, not estimated. While fewer checks were made than one failure may be among, the rest of them counts as good: the first
 * failed check of a new installation is not an outage.
 */
function judgeAvailability({ key, limits }: Alert, { checks, now }: AlertFacts): AlertFinding {
  if (checks === undefined || checks.ran === 0) return withoutRound(key, checks);
  const { uptime } = checks;
  const judged = limits.map((limit) => {
    const { limit: least = 0, withinMs } = limit.rule;
    const period = withinMs === undefined ? availabilitySeconds : withinMs / 1000;
    const { ran, failed } = checksOver(uptime, period, now);
    const needed = least < 1 ? Math.round(1 / (1 - least)) : 1;
    return {
      limit,
      least,
      ran,
      failed,
      days: Math.round(period / 86_400),
      broken: 1 - failed / Math.max(ran, needed) < least,
      few: ran < needed,
    };
  });
  const broken = judged.findLast((each) => each.broken);
  const told = broken ?? judged[0];
  if (told === undefined) throw new TypeError(`the alert ${key} has no limit`);
  const { ran, failed, days, least } = told;
  const share = `availability ${precise(1 - failed / ran)} (${failed} of ${ran} checks failed, ${days} days)`;
  if (broken)
    return {
      key,
      state: 'firing',
      limit: broken.limit,
      reasonCode: 'below_limit',
      said: `${share} is below ${precise(least)}`,
      source: 'probe',
    };
  return told.few
    ? {
        key,
        state: 'undecided',
        reasonCode: 'too_few_checks',
        said: `${share}: too few checks for ${precise(least)}`,
        source: 'probe',
      }
    : { key, state: 'ok', reasonCode: 'within_limit', said: `${share} keeps ${precise(least)}`, source: 'probe' };
}

function judgeFailedChecks({ key, limits }: Alert, { checks }: AlertFacts): AlertFinding {
  if (checks === undefined || checks.ran === 0) return withoutRound(key, checks);
  const { failedInRow } = checks.uptime;
  const broken = limits.findLast(({ rule }) => failedInRow >= (rule.times ?? 1));
  const said =
    failedInRow === 0
      ? 'the newest round of our own checks passed'
      : `our own checks failed in ${failedInRow} rounds in a row`;
  if (broken) return { key, state: 'firing', limit: broken, reasonCode: 'checks_failing', said, source: 'probe' };
  return {
    key,
    state: failedInRow === 0 ? 'ok' : 'undecided',
    reasonCode: failedInRow === 0 ? 'within_limit' : 'undecided',
    said,
    source: 'probe',
  };
}

/** There is nothing to check, which the settings say, or nothing could be sent now, which says nothing of how the app is. */
function withoutRound(key: string, checks: OwnChecks | undefined): AlertFinding {
  if (checks === undefined) {
    const said = 'there are no checks of our own: the environment has no url';
    return { key, state: 'no-data', reasonCode: 'no_checks', said };
  }
  const why = checks.unsent === '' ? '' : `: ${checks.unsent}`;
  return {
    key,
    state: 'no-data',
    reasonCode: 'checks_not_sent',
    said: `none of our own checks could be sent${why}`,
  };
}

/** 99.9 % and 99.91 % are different promises. */
function precise(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}
