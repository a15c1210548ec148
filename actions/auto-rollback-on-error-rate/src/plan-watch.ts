import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import { defaults } from '#config/defaults';
import { comparesWithBaseline, defaultRules, parseRule, type Rule } from '#config/rules';
import type {
  AppSettings,
  BaselineTime,
  CheckSettings,
  Combination,
  EnvironmentSettings,
  MissingPolicy,
  SourceName,
} from '#config/settings';
import { chooseSources } from '#observe/sources/choose-sources';
import { httpJsonOf } from '#observe/sources/http-json-parts';
import type { SourceParts } from '#observe/sources/registry';
import { weakConnection } from '#postgres/database-url';
import { checksOfApps, readAppUrls } from '#probe/app-checks';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { whatAsks } from '#release/approval-findings';
import { exceptOf } from './except-routes.ts';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;
export type Policy = MissingPolicy;

/** A watch with everything decided but the outside world; times in milliseconds. */
export interface WatchPlan {
  /** In the order of preference. */
  sources: SourceName[];
  combine: Combination;
  /** Routes that the sources leave out of their p95. */
  except: string[];
  /** What ops.yml names and cannot be used here, for the log. */
  notes: string[];
  rules: Rule[];
  windowMs: number;
  intervalMs: number;
  mayEndEarly: boolean;
  /** When the job stops waiting; only in a release whose record a later run can go on from. */
  handOffMs?: number | undefined;
  minRequests: number;
  baselineMs: number;
  baselineFrom: BaselineTime;
  /** Where it ends; absent: with what is judged. */
  baselineUntil?: number | undefined;
  onNoData: Policy;
  onInconclusive: Policy;
  mode: 'observe' | 'notify' | 'approve' | 'auto';
  /** Of mode `approve`: how long people are asked, and what happens without an answer. */
  approveTimeoutMs: number;
  approveFallback: 'auto' | 'notify';
  checks: Check[];
  /** Further projects that the checks go to. */
  apps: readonly AppSettings[];
  listedHosts: Set<string>;
  baseUrl?: string | undefined;
  httpJson?: SourceParts['httpJson'];
}

/** Joins inputs, settings and defaults; `releaseMode` is the mode that the release was opened with. Throws InputError with every problem. */
export function planWatch(given: Given, settings: EnvironmentSettings, releaseMode?: WatchPlan['mode']): WatchPlan {
  const { watch } = settings;
  const problems: InputError['problems'] = [];
  const intervalMs = given.interval ?? watch.intervalMs ?? defaults.watch.intervalMs;
  const windowMs = windowOf(given, watch, intervalMs);
  if (intervalMs <= 0 || windowMs < intervalMs) {
    const message = 'must be longer than nothing and not longer than window';
    problems.push({ name: 'interval', given: `${intervalMs / 1000}s`, message, allowed: `up to ${windowMs / 1000}s` });
  }
  const { sources, notes } = chooseSources(given, settings, problems);
  if (sources.includes('sql')) notes.push(...weakConnection(given.databaseUrl, settings.database.tlsReason));
  const baseUrl = given.baseUrl ?? settings.url;
  const own = baseUrl === undefined ? [] : checksOf(settings, baseUrl, intervalMs, problems);
  const checks = [...own, ...checksOfOthers(given, settings, intervalMs, problems)];
  if (sources.includes('probe') && checks.length === 0) {
    problems.push({
      name: 'base-url',
      message: 'is needed for source probe: there is nothing to check',
      allowed: 'https://host',
    });
  }
  const httpJson = sources.includes('http-json') ? httpJsonOf(given, settings, problems) : undefined;
  const rules = rulesOf(given, watch.rules, windowMs, { problems, notes });
  const mode = given.mode ?? releaseMode ?? watch.mode ?? defaults.watch.mode;
  const onNoData = policyOf(given, given.onNoData ?? watch.onNoData ?? defaults.watch.onNoData);
  const onInconclusive = policyOf(given, given.onInconclusive ?? watch.onInconclusive ?? defaults.watch.onInconclusive);
  const asks = whatAsks({ mode, rules: rules.map(({ text }) => text), onNoData, onInconclusive });
  const except = exceptOf(rules, sources, settings.observe, problems);
  if (problems.length > 0) throw new InputError(problems);
  return {
    sources,
    except,
    combine: given.combine ?? watch.combine ?? 'primary',
    notes,
    rules,
    windowMs,
    intervalMs,
    mayEndEarly: !given.restored && (given.windowMayEndEarly ?? watch.mayEndEarly ?? false),
    // A later run cannot ask people: the job waits.
    handOffMs: given.release === undefined || given.restored || asks !== undefined ? undefined : watch.handOffMs,
    minRequests: given.minRequests ?? watch.minRequests ?? defaults.watch.minRequests,
    baselineMs: given.restored && given.promotedAt === undefined ? 0 : given.baseline,
    baselineFrom: given.baselineFrom ?? watch.baselineFrom ?? 'before',
    // Right before a restored release the sick one served; before that one was promoted, what serves again.
    baselineUntil: given.restored && given.promotedAt !== undefined ? Number(given.promotedAt) * 1000 : undefined,
    onNoData,
    onInconclusive,
    mode,
    approveTimeoutMs: watch.approveTimeoutMs ?? defaults.watch.approveTimeoutMs,
    approveFallback: watch.approveFallback ?? defaults.watch.approveFallback,
    checks,
    apps: settings.apps ?? [],
    listedHosts: hostsNamedBy(given),
    baseUrl,
    httpJson,
  };
}

function windowOf(given: Given, watch: EnvironmentSettings['watch'], intervalMs: number): number {
  const windowMs = given.window ?? watch.windowMs ?? defaults.watch.windowMs;
  if (!given.restored) return windowMs;
  const shortMs = watch.afterRollbackMs ?? defaults.watch.afterRollbackMs;
  return Math.min(windowMs, Math.max(shortMs, intervalMs));
}

function rulesOf(
  given: Given,
  configured: readonly string[] | undefined,
  windowMs: number,
  { problems, notes }: { problems: InputError['problems']; notes: string[] },
): Rule[] {
  if (given.rules && given.threshold !== undefined) {
    problems.push({ name: 'threshold', message: 'cannot be combined with rules; write it as a rule' });
  }
  const threshold =
    given.threshold === undefined
      ? undefined
      : [`error-rate above ${Number((given.threshold * 100).toPrecision(12))}% within ${windowMs}ms`];
  const rules = (given.rules ?? threshold ?? configured ?? defaultRules).flatMap((text) => {
    try {
      return [parseRule(text)];
    } catch (error) {
      problems.push({ name: given.rules || !threshold ? 'rules' : 'threshold', message: (error as Error).message });
      return [];
    }
  });
  if (rules.length > 0 && rules.every(({ level }) => level === 'warning')) {
    problems.push({ name: 'rules', message: 'only warn: at least one rule must be able to fail the release' });
  }
  return given.restored ? rulesOfRestored(rules, given.promotedAt !== undefined, notes) : rules;
}

/** Without rules about what the release that was taken back had: its new issues and gauges, and the time before it where nobody knows when that was. */
function rulesOfRestored(rules: readonly Rule[], knowsPromotion: boolean, notes: string[]): Rule[] {
  // Whoever is told less than of a release would not be told at all.
  const asked = rules.flatMap(forRestored);
  const kept = knowsPromotion ? asked : asked.filter((rule) => !comparesWithBaseline(rule));
  for (const { text } of asked.filter((rule) => !kept.includes(rule)))
    notes.push(`"${text}" is left out: nobody said when the release that was taken back was promoted (promoted-at)`);
  if (kept.length > 0 || rules.length === 0) return kept;
  notes.push(`No rule can judge what was restored: it is judged by "${defaultRules[0]}"`);
  return [parseRule(defaultRules[0])];
}

/** There is nothing to decide about a restored release that was not seen: no second way back. It is told as not proven, not as sick. */
function policyOf({ restored }: Given, policy: MissingPolicy): MissingPolicy {
  return restored && policy === 'ask' ? 'hold' : policy;
}

function forRestored(rule: Rule): Rule[] {
  if (rule.level === 'warning' || (rule.metric !== 'error-rate' && rule.metric !== 'p95')) return [];
  const { action: _, ...rest } = rule;
  return [rest];
}

/** Health and smoke checks that only read: what writes is not repeated every interval. */
function checksOf(
  settings: EnvironmentSettings,
  baseUrl: string,
  intervalMs: number,
  problems: InputError['problems'],
): Check[] {
  const configured: CheckSettings[] = [...(settings.health.checks ?? []), ...(settings.smoke.checks ?? [])];
  // A check that decides nothing does not decide here either.
  const reading = configured.filter((check) => check.method !== 'POST' && check.critical !== false);
  const timeoutMs = Math.min(settings.health.timeoutMs ?? 10_000, Math.max(1000, intervalMs));
  return (reading.length > 0 ? reading : [{ path: '/' }]).flatMap((check) => {
    try {
      return [resolveCheck({ ...check, timeoutMs: Math.min(check.timeoutMs ?? timeoutMs, timeoutMs) }, { baseUrl })];
    } catch (error) {
      problems.push({ name: 'base-url', given: check.path, message: (error as Error).message });
      return [];
    }
  });
}

/** Of the further apps of the environment, at their addresses. */
function checksOfOthers(
  given: Given,
  { apps, health }: EnvironmentSettings,
  intervalMs: number,
  problems: InputError['problems'],
): Check[] {
  try {
    const timeoutMs = Math.min(health.timeoutMs ?? 10_000, Math.max(1000, intervalMs));
    return checksOfApps(apps, readAppUrls(given.appUrls), 'reading', timeoutMs);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    problems.push({ name: 'app-urls', message: error.message });
    return [];
  }
}

/** Hosts that the workflow file names (S20); called where every address is known to be one. */
function hostsNamedBy({ baseUrl, appUrls }: Given): Set<string> {
  const named = [...(baseUrl === undefined ? [] : [baseUrl]), ...readAppUrls(appUrls).values()];
  return new Set(named.map((address) => new URL(address).host));
}

/** The same checks at the own address of another deployment of the app; those of other hosts say nothing about it. */
export function checksAt(settings: EnvironmentSettings, address: string, intervalMs: number): Check[] {
  const { host } = new URL(address);
  const own = checksOf(settings, address, intervalMs, []).filter(({ url }) => url.host === host);
  return own.length > 0 ? own : [resolveCheck({ path: '/' }, { baseUrl: address, timeoutMs: 10_000 })];
}
