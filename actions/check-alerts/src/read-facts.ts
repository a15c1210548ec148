import { vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';
import type { AlertFacts, AlertWindow, OwnChecks } from '#observe/alerts/judge-alert';
import { noteOpenings, type Openings } from '#observe/alerts/openings';
import { periodsOfAlerts } from '#observe/alerts/plan-alerts';
import { addRound, type Uptime } from '#observe/alerts/uptime';
import { OwnRequests } from '#observe/own-requests';
import type { ObservationSource } from '#observe/source';
import { SourceReader } from '#observe/source-reader';
import { createSource } from '#observe/sources/registry';
import { partsOfVendors } from '#observe/sources/vendor-parts';
import { weakConnection } from '#postgres/database-url';
import { runProbe } from '#probe/probe';
import { asksPool, type CheckPlan, type Given } from './plan-check.ts';

const longestReadMs = 20_000;
const minuteMs = 60_000;
const tellSamples = new Set<string>(['json-logs', 'sentry']);
const ofReadings = new Set(['reading', 'unusual', 'openings']);
/** Of a window of which more than a quarter is missing nobody can say that it was good. */
const seenShare = 0.75;

/** Asks every source of a plan once, and makes one round of our own checks on top of those that earlier runs made. */
export async function readFacts(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  plan: CheckPlan,
  before: { uptime: Uptime; openings: Openings },
): Promise<AlertFacts> {
  const now = runner.clock.now();
  const [counted, checks] = await Promise.all([
    readSources(runner, given, settings, plan, now),
    plan.checks.length === 0 ? undefined : makeRound(runner, given, plan, before.uptime),
  ]);
  const { combine, minRequests } = plan;
  const breakers = counted.readings.find(({ metric }) => metric === 'circuit-breaker-opens');
  const openings = breakers && { openings: noteOpenings(before.openings, breakers, now / 1000) };
  return { now: now / 1000, ...counted, combine, minRequests, ...(checks && { checks }), ...openings };
}

async function readSources(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  plan: CheckPlan,
  now: number,
): Promise<Pick<AlertFacts, 'windows' | 'readings' | 'blind' | 'unread'>> {
  const { clock, signal, logger, context } = runner;
  const problems: InputError['problems'] = [];
  const asks = (metric: string): boolean => plan.alerts.some(({ key }) => key.startsWith(`${metric} `));
  const numbers = { functionErrors: asks('function-errors'), apiResponseTime: asks('api-response-time') };
  const asked = [...plan.sources, ...plan.beside];
  const about = { sources: asked, ...numbers, commit: context.sha, pool: asksPool(plan.alerts) };
  const vendors = partsOfVendors((service) => serviceAddress(runner, service), given, settings, about, problems);
  if (problems.length > 0) throw new InputError(problems);
  for (const weakness of weakConnection(vendors.sql?.url, settings.database.tlsReason)) logger.warning(weakness);
  const vercel = vercelConnection(runner, given, settings);
  const parts = {
    vercel,
    httpJson: plan.httpJson,
    vendors,
    periods: periodsOfAlerts(plan.alerts),
    ruleMetrics: plan.alerts.map(({ key }) => key.split(' ', 1)[0] ?? key),
    rounds: [],
    openIssues: true,
    own: new OwnRequests(),
    clock,
    signal,
  };
  const sources = await Promise.all(asked.map((name) => createSource(name, parts)));
  const wantsReadings =
    plan.sources.some((name) => tellSamples.has(name)) || plan.alerts.some(({ kind }) => ofReadings.has(kind));
  const asksCpu = asks('database-cpu');
  const unread: string[] = [];
  const read = await Promise.all(
    sources.map(async (source) => {
      const counts = plan.sources.includes(source.name);
      const log = (line: string) => {
        logger.info(line);
        if (!counts || line.startsWith('No readings')) unread.push(line);
      };
      const reader = new SourceReader(source, { clock, signal, log, longestReadMs });
      try {
        await reader.open(minuteMs);
        const window = counts && source.looksBack ? await readWindow(reader, plan.windowMs, now) : undefined;
        if (asksCpu && source.readingsAfterMs !== undefined) await clock.sleep(source.readingsAfterMs, signal);
        if (wantsReadings) await reader.readReadings(now - plan.windowMs, now, minuteMs);
        return { window, readings: reader.readings, why: counts ? [whyBlind(source, reader)] : [] };
      } finally {
        await source.close();
      }
    }),
  );
  const none = 'no source of this environment can tell about the time before now: name one in watch.source';
  return {
    windows: read.flatMap(({ window }) => (window ? [window] : [])),
    readings: read.flatMap(({ readings }) => readings),
    blind: cleanText(plan.sources.length === 0 ? none : read.flatMap(({ why }) => why).join('; '), 600),
    unread: cleanText(unread.join('; '), 600),
  };
}

/** The newest window whose counts do not change any more; undefined where too little of it is known. */
async function readWindow(reader: SourceReader, windowMs: number, now: number): Promise<AlertWindow | undefined> {
  const { source } = reader;
  const intervalMs = Math.max(minuteMs, source.granularityMs);
  const settled = now - (source.settledAfterMs ?? Math.max(...source.readAfterMs));
  const until = Math.floor(settled / intervalMs) * intervalMs;
  const intervals = Math.max(1, Math.round(windowMs / intervalMs));
  const from = until - intervals * intervalMs;
  await reader.read(from, until, intervalMs);
  if (reader.buckets.length === 0 || reader.buckets.length < intervals * seenShare) return undefined;
  return {
    source: source.name,
    buckets: reader.buckets,
    startedAt: from / 1000,
    intervalSeconds: intervalMs / 1000,
  };
}

function whyBlind(source: ObservationSource, { noData, buckets }: SourceReader): string {
  if (!source.looksBack) return `${source.name} cannot tell about the time before now`;
  return noData ? `${source.name}: ${noData.message}` : `${source.name} told ${buckets.length} intervals of the window`;
}

async function makeRound(runner: Runner, given: Given, plan: CheckPlan, before: Uptime): Promise<OwnChecks> {
  const { signal, clock, logger } = runner;
  const { listedHosts, checks } = plan;
  const context = { listedHosts, bypassSecret: given.protectionBypassSecret, signal, clock };
  const outcomes = await Promise.all(checks.map((check) => runProbe(check, context)));
  for (const { name, outcome, message } of outcomes)
    if (outcome !== 'pass') logger.info(`${name}: ${outcome}, ${message}`);
  const ran = outcomes.filter(({ outcome }) => outcome !== 'could-not-run');
  const failed = ran.filter(({ outcome }) => outcome === 'fail').length;
  const unsent = outcomes.flatMap(({ name, outcome, message }) =>
    outcome === 'could-not-run' ? [`${name}: ${message}`] : [],
  );
  return {
    uptime: addRound(before, { at: clock.now() / 1000, ran: ran.length, failed }),
    ran: ran.length,
    unsent: cleanText(unsent.join('; '), 600),
  };
}
