import { parseDuration } from './parse-duration.ts';
import { parseRate } from './parse-rate.ts';

/** What one rule of a watch compares with: a share of failed requests, or a multiple of the baseline with a floor. */
export type RuleLimit =
  | { kind: 'share'; value: number }
  | { kind: 'baseline-multiple'; factor: number; atLeast: number };

/** What a rule about response times compares with, in milliseconds. */
export type TimeLimit = { kind: 'time'; ms: number } | { kind: 'baseline-multiple'; factor: number; atLeast: number };

interface RuleWords {
  /** Milliseconds after promotion during which the rule holds; absent: the whole window. */
  withinMs?: number;
  /** True where the rule speaks of the newest intervals instead of everything since the promotion. */
  immediately: boolean;
  /** The rule as written, with single spaces: what messages quote. */
  text: string;
}

/** A rule about the share of failed requests. */
export interface ErrorRateRule extends RuleWords {
  metric: 'error-rate';
  above: RuleLimit;
}

/** A rule about the 95th percentile of the response times of an interval. */
export interface LatencyRule extends RuleWords {
  metric: 'p95';
  above: TimeLimit;
}

/** One rule of a watch, as `parseRule` reads it from the words of a user. */
export type Rule = ErrorRateRule | LatencyRule;

/** The rules that apply when nobody wrote any (design §10). */
export const defaultRules = [
  'error-rate above 10%: immediately',
  'error-rate above 3x baseline and at least 2% within 15m',
] as const;

const forms =
  'write e.g. "error-rate above 2% within 15m", "error-rate above 10%: immediately", "error-rate above 3x baseline and at least 2% within 15m" or "p95 above 5s within 15m"';

/** Reads one rule such as `error-rate above 2% within 15m`. Throws an Error that names the part that is wrong. */
export function parseRule(given: string): Rule {
  const text = given.trim().replace(/\s+/g, ' ');
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const match =
    /^(?<metric>\S+) above (?<limit>\S+?)(?<baseline> baseline)?(?: and at least (?<floor>\S+?))?(?: within (?<within>\S+?))?(?<immediately>:? immediately)?$/.exec(
      text,
    );
  const part = match?.groups;
  if (!part?.metric || !part.limit) throw new Error(`"${shown}" is not a rule: ${forms}`);
  const { metric } = part;
  if (metric !== 'error-rate' && metric !== 'p95') {
    throw new Error(`"${shown}": this version watches error-rate and p95, not ${metric.slice(0, 40)}`);
  }
  const immediately = part.immediately !== undefined;
  if (immediately && part.within) throw new Error(`"${shown}": choose either "within …" or "immediately"`);
  const words: RuleWords = {
    ...(part.within && { withinMs: positiveDuration(part.within, shown) }),
    immediately,
    text,
  };
  const multiple = readMultiple(part.limit, part.baseline !== undefined, part.floor, shown);
  if (metric === 'p95') {
    const above: TimeLimit = multiple
      ? { kind: 'baseline-multiple', factor: multiple.factor, atLeast: limitTime(multiple.floor, shown) }
      : { kind: 'time', ms: limitTime(part.limit, shown) };
    return { metric, above, ...words };
  }
  const above: RuleLimit = multiple
    ? { kind: 'baseline-multiple', factor: multiple.factor, atLeast: limitShare(multiple.floor, shown) }
    : { kind: 'share', value: limitShare(part.limit, shown) };
  return { metric, above, ...words };
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
  return value;
}

function positiveDuration(text: string, shown: string): number {
  const value = parsePart(() => parseDuration(text), shown);
  if (value <= 0) throw new Error(`"${shown}": the time after "within" must be longer than nothing`);
  return value;
}

function parsePart(parse: () => number, shown: string): number {
  try {
    return parse();
  } catch (error) {
    throw new Error(`"${shown}": ${error instanceof Error ? error.message : String(error)}`);
  }
}
