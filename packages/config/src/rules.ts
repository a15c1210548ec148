import { parseDuration } from './parse-duration.ts';
import { parseRate } from './parse-rate.ts';
import { parseReadingRule, type ReadingRule, readingUnits } from './reading-rule.ts';
import { parsePart, positiveDuration, type RuleWords, takeWords } from './rule-words.ts';

export type { ReadingRule } from './reading-rule.ts';
export type { RuleAction } from './rule-words.ts';

/** What one rule of a watch compares with: a share of failed requests, or a multiple of the baseline with a floor. */
export type RuleLimit =
  | { kind: 'share'; value: number }
  | { kind: 'baseline-multiple'; factor: number; atLeast: number };

/** What a rule about response times compares with, in milliseconds. */
export type TimeLimit = { kind: 'time'; ms: number } | { kind: 'baseline-multiple'; factor: number; atLeast: number };

/** A rule about the share of failed requests. */
export interface ErrorRateRule extends RuleWords {
  metric: 'error-rate';
  above: RuleLimit;
}

/** A rule about the 95th percentile of the response times of an interval. */
export interface LatencyRule extends RuleWords {
  metric: 'p95';
  above: TimeLimit;
  /** Routes that may be slow: the source leaves them out of the percentile. */
  except?: string[];
}

/** One rule of a watch, as `parseRule` reads it from the words of a user. */
export type Rule = ErrorRateRule | LatencyRule | ReadingRule;

/** The rules that apply when nobody wrote any (design §10). */
export const defaultRules = [
  'error-rate above 10%: immediately',
  'error-rate above 3x baseline and at least 2% within 15m',
] as const;

/** True of a rule whose limit is a multiple of the time before. */
export function comparesWithBaseline(rule: Rule): boolean {
  return 'above' in rule && rule.above.kind === 'baseline-multiple';
}

const forms =
  'write e.g. "error-rate above 2% within 15m", "error-rate above 10%: immediately", "error-rate above 3x baseline and at least 2% within 15m", "error-rate above 1%: warning", "p95 above 5s within 15m except /reports" or "new-issues above 0 with at least 5 users"';

/** Reads one rule such as `error-rate above 2% within 15m`. Throws an Error that names the part that is wrong. */
export function parseRule(given: string): Rule {
  const text = given.trim().replace(/\s+/g, ' ');
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const reading = parseReadingRule(text, shown);
  if (reading) return reading;
  const { head, words: tail } = takeWords(text, shown);
  const part =
    /^(?<metric>\S+) above (?<limit>\S+?)(?<baseline> baseline)?(?: and at least (?<floor>\S+?))?(?: within (?<within>\S+?))?(?: except (?<except>.+))?$/.exec(
      head,
    )?.groups;
  if (!part?.metric || !part.limit) throw new Error(`"${shown}" is not a rule: ${forms}`);
  const { metric } = part;
  if (metric !== 'error-rate' && metric !== 'p95') {
    const known = ['error-rate', 'p95', ...Object.keys(readingUnits)].join(', ');
    throw new Error(`"${shown}": this version watches ${known}, not ${metric.slice(0, 40)}`);
  }
  if (tail.immediately && part.within) throw new Error(`"${shown}": choose either "within …" or "immediately"`);
  const words: RuleWords = {
    ...(part.within && { withinMs: positiveDuration(part.within, shown) }),
    ...tail,
    text,
  };
  const multiple = readMultiple(part.limit, part.baseline !== undefined, part.floor, shown);
  if (metric === 'p95') {
    const above: TimeLimit = multiple
      ? { kind: 'baseline-multiple', factor: multiple.factor, atLeast: limitTime(multiple.floor, shown) }
      : { kind: 'time', ms: limitTime(part.limit, shown) };
    return { metric, above, ...(part.except && { except: routesOf(part.except, shown) }), ...words };
  }
  if (part.except) throw new Error(`"${shown}": "except" belongs to p95; errors of every route count`);
  const above: RuleLimit = multiple
    ? { kind: 'baseline-multiple', factor: multiple.factor, atLeast: limitShare(multiple.floor, shown) }
    : { kind: 'share', value: limitShare(part.limit, shown) };
  return { metric, above, ...words };
}

/** Routes go into queries of several vendors, so their letters are few. */
function routesOf(text: string, shown: string): string[] {
  const routes = [...new Set(text.split(/[,\s]+/).filter((route) => route !== ''))].sort();
  const wrong = routes.find((route) => !/^\/[\w\-./]{0,100}$/.test(route));
  if (wrong !== undefined)
    throw new Error(`"${shown}": ${wrong.slice(0, 40)} is not a route; write e.g. except /generate-content /reports`);
  if (routes.length > 20) throw new Error(`"${shown}": at most 20 routes can be left out`);
  return routes;
}

/** `3x baseline and at least 2%`; undefined where the limit is no multiple. */
function readMultiple(
  limit: string,
  baseline: boolean,
  floor: string | undefined,
  shown: string,
): { factor: number; floor: string } | undefined {
  const multiple = /^(\d{1,3}(?:\.\d{1,3})?)x$/.exec(limit);
  if (baseline !== (multiple !== null)) throw new Error(`"${shown}": a multiple is written "3x baseline"`);
  if (!multiple) {
    if (floor) throw new Error(`"${shown}": "and at least" belongs to a multiple of the baseline`);
    return undefined;
  }
  const factor = Number(multiple[1]);
  if (factor <= 1) throw new Error(`"${shown}": the multiple must be above 1`);
  // Three times almost nothing is still almost nothing: without a floor the first error of a quiet site would be a breach.
  if (!floor) throw new Error(`"${shown}": add a floor, e.g. "${limit} baseline and at least 2%" (for p95: 500ms)`);
  return { factor, floor };
}

function limitTime(text: string, shown: string): number {
  const value = parsePart(() => parseDuration(text), shown);
  if (value <= 0) throw new Error(`"${shown}": the limit must be longer than nothing`);
  return value;
}

function limitShare(text: string, shown: string): number {
  const value = parsePart(() => parseRate(text), shown);
  if (value >= 1) throw new Error(`"${shown}": nothing is above 100%`);
  // Nothing is known of how often a release fails that never may: no count could be judged against it.
  if (value <= 0) throw new Error(`"${shown}": the limit must be above 0%, e.g. 0.1%`);
  return value;
}
