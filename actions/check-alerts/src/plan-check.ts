import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import { defaults } from '#config/defaults';
import type { Combination, EnvironmentSettings, SourceName } from '#config/settings';
import { type Alert, planAlerts } from '#observe/alerts/plan-alerts';
import { chooseSources } from '#observe/sources/choose-sources';
import { httpJsonOf } from '#observe/sources/http-json-parts';
import type { SourceParts } from '#observe/sources/registry';
import { poolMetric } from '#observe/sources/standard-queries';
import { type Check, resolveCheck } from '#probe/check';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;

/** A look at all alerts with everything decided but the outside world; times in milliseconds. */
export interface CheckPlan {
  alerts: Alert[];
  /** What ops.yml asks for and nothing here judges, and sources that are left out, one sentence each. */
  notes: string[];
  /** In the order of preference; only those that can tell about the past. */
  sources: SourceName[];
  /** Asked for numbers beside the counts only: what ops.yml describes and the watch does not count by. */
  beside: SourceName[];
  combine: Combination;
  windowMs: number;
  minRequests: number;
  /** One round of them is made where an alert speaks of our own checks. */
  checks: Check[];
  listedHosts: Set<string>;
  httpJson?: SourceParts['httpJson'];
}

// A run looks at what was before it: logs that are live, and checks that nobody makes between two runs, tell nothing of that.
const livesOnly: readonly SourceName[] = ['vercel-runtime-logs', 'probe'];
const byChecks = new Set(['availability', 'failed-checks']);

/** Joins inputs and settings. @throws InputError with every problem. */
export function planCheck(given: Given, settings: EnvironmentSettings): CheckPlan {
  const problems: InputError['problems'] = [];
  const { alerts, notJudged } = planAlerts(settings.alerts ?? []);
  const notes = notJudged.map((line) => `Not judged: ${line}`);
  const counted = alerts.some(({ kind }) => !byChecks.has(kind));
  const chosen = counted ? chooseSources(given, settings, problems) : { sources: [], notes: [] };
  const sources = chosen.sources.filter((name) => !livesOnly.includes(name));
  const pool = asksPool(alerts);
  const asksVisitors = alerts.some(({ key }) => /^(lcp|inp) /.test(key));
  const beside = besideOf(given, settings, { sources, pool, asksVisitors });
  const httpJson = sources.includes('http-json') ? httpJsonOf(given, settings, problems) : undefined;
  const baseUrl = given.baseUrl ?? settings.url;
  const checks = alerts.some(({ kind }) => byChecks.has(kind)) ? checksOf(settings, baseUrl, problems) : [];
  if (problems.length > 0) throw new InputError(problems);
  return {
    alerts,
    notes: [...notes, ...chosen.notes],
    sources,
    beside,
    combine: given.combine ?? settings.watch.combine ?? 'primary',
    windowMs: given.window,
    minRequests: settings.watch.minRequests ?? defaults.watch.minRequests,
    checks,
    listedHosts: new Set(given.baseUrl === undefined ? [] : [new URL(given.baseUrl).host]),
    httpJson,
  };
}

/** A limit of the pool needs no query of ops.yml: who looks at a database can ask it. Pure. */
export function asksPool(alerts: readonly Alert[]): boolean {
  return alerts.some(({ key }) => key.startsWith(`${poolMetric} `));
}

function besideOf(
  given: Given,
  settings: EnvironmentSettings,
  { sources, pool, asksVisitors }: { sources: readonly SourceName[]; pool: boolean; asksVisitors: boolean },
): SourceName[] {
  const { sql, jsonValues, supabaseMetrics, stripe } = settings.observe ?? {};
  const { as = 'production', project } = settings.vercel;
  // What visitors of production saw says nothing of an environment beside it in the same project.
  const hasVercel =
    given.vercelToken !== undefined && (given.vercelProject ?? project) !== undefined && as === 'production';
  const described: SourceName[] = [
    ...((sql?.values !== undefined || pool) && given.databaseUrl !== undefined ? (['sql'] as const) : []),
    ...(jsonValues !== undefined ? (['json-values'] as const) : []),
    ...(supabaseMetrics !== undefined && given.supabaseAccessToken !== undefined
      ? (['supabase-metrics'] as const)
      : []),
    ...(asksVisitors && hasVercel ? (['vercel-metrics'] as const) : []),
    ...(stripe !== undefined && given.stripeApiKey !== undefined ? (['stripe'] as const) : []),
  ];
  return described.filter((name) => !sources.includes(name));
}

/** Health checks that only read; without any the address itself. */
function checksOf(
  settings: EnvironmentSettings,
  baseUrl: string | undefined,
  problems: InputError['problems'],
): Check[] {
  if (baseUrl === undefined) return [];
  const reading = (settings.health.checks ?? []).filter(({ method }) => method !== 'POST');
  const timeoutMs = settings.health.timeoutMs ?? 10_000;
  return (reading.length > 0 ? reading : [{ path: '/' }]).flatMap((check) => {
    try {
      return [resolveCheck({ timeoutMs, ...check }, { baseUrl })];
    } catch (error) {
      problems.push({ name: 'base-url', given: check.path, message: (error as Error).message });
      return [];
    }
  });
}
