import type { EnvironmentSettings, ObserveSettings, SourceName } from '#config/settings';
import { SourceError } from '../source.ts';

/** One of the two deployments of a rolling release, by the names that a source may know it by. */
export interface Arm {
  deployment: string;
  commit?: string | undefined;
  /** Its version, e.g. v1.4.0. */
  release?: string | undefined;
}

/** Where a source is told what it counts, in the words of ops.yml. */
type Told = Pick<EnvironmentSettings, 'observe' | 'watch'>;

const liveLogs = 'vercel-runtime-logs';

/** Letters that mean nothing in PromQL, NRQL, SQL, a search of Sentry, a tag or an address: nothing has to be escaped. */
const HARMLESS = /^[\w./:@+-]{1,100}$/;
const SQL_ARMS = `"AND deployment_id = '{deployment}'"`;

/** Undefined where a source counts each of two deployments that serve at the same time; else what to write. Pure. */
export function whyOneArm(source: SourceName, { observe = {}, watch }: Told): string | undefined {
  switch (source) {
    case liveLogs:
      return undefined;
    case 'sentry':
      return observe.sentry?.arms ? undefined : `write observe.sentry.arms, e.g. 'release:"{commit}"'`;
    case 'prometheus':
    case 'grafana':
      return whyUnfilled(`observe.${source}`, observe[source], `', deployment="{deployment}"'`);
    case 'datadog':
      return whyUnfilled('observe.datadog', observe.datadog, `',version:{release}'`);
    case 'sql':
      return whyUnfilled(
        'observe.sql',
        observe.sql && { requests: observe.sql.counts ?? '', arms: observe.sql.arms },
        SQL_ARMS,
      );
    case 'http-json':
      return watch.httpJson?.arms === undefined || !watch.httpJson.url.includes('{arm}')
        ? `write watch.http-json.arms, e.g. '&deployment={deployment}', and {arm} into its url`
        : undefined;
    case 'new-relic':
      return observe.newRelic?.arms ? undefined : `write observe.new-relic.arms, e.g. "deploymentId = '{deployment}'"`;
    case 'json-logs':
      return observe.jsonLogs?.arms ? undefined : `write observe.json-logs.arms, e.g. { $.deployment: '{deployment}' }`;
    case 'vercel-observability':
      return 'it counts the whole project: name another source beside it';
    case 'supabase-logs':
      return 'both deployments call the same project: name another source beside it';
    case 'json-values':
    case 'stripe':
    case 'vercel-metrics':
    case 'supabase-metrics':
      return 'it has no requests: name another source beside it';
    case 'probe':
      return "its requests are our own and not the visitors': name another source beside it";
  }
  // A source that is new decides here whether it tells two deployments apart.
  return source satisfies never;
}

function whyUnfilled(
  section: string,
  told: { arms?: string | undefined; requests: string; errors?: string | undefined } | undefined,
  example: string,
): string | undefined {
  const queries = [told?.requests ?? '', ...(told?.errors === undefined ? [] : [told.errors])];
  if (told?.arms !== undefined && queries.every((query) => query.includes('{arm}'))) return undefined;
  const where = section === 'observe.sql' ? 'counts' : 'requests and errors';
  return `write ${section}.arms, e.g. ${example}, and {arm} into ${where}`;
}

/**
 * The source that counts both deployments of a stage: the first that can, Vercel's live logs where none is named or usable. Undefined
 * where none can. Pure.
 */
export function armsSourceOf(sources: readonly SourceName[], told: Told): SourceName | undefined {
  return sources.length === 0 ? liveLogs : sources.find((source) => whyOneArm(source, told) === undefined);
}

/** The settings with the queries of one deployment; without `arm` those of all that serve. Pure. @throws SourceError. */
export function observeOf(observe: ObserveSettings = {}, arm?: Arm): ObserveSettings {
  const { sentry, datadog, prometheus, grafana, newRelic, sql, jsonLogs } = observe;
  return {
    ...observe,
    ...(prometheus && { prometheus: { ...prometheus, ...queriesOf(prometheus, arm) } }),
    ...(grafana && { grafana: { ...grafana, ...queriesOf(grafana, arm) } }),
    ...(datadog && { datadog: { ...datadog, ...queriesOf(datadog, arm && tagsOf(arm)) } }),
    ...(sql?.counts && { sql: { ...sql, counts: placed(sql.counts, sql.arms, arm) } }),
    ...(arm && sentry && { sentry: { ...sentry, query: join(' ', sentry.query, sentry.arms, arm) } }),
    ...(arm && newRelic && { newRelic: { ...newRelic, where: join(' AND ', newRelic.where, newRelic.arms, arm) } }),
    ...(arm && jsonLogs && { jsonLogs: { ...jsonLogs, match: { ...jsonLogs.match, ...matchOf(jsonLogs.arms, arm) } } }),
  };
}

/** `{arm}` in a text, replaced by what names one deployment, or by nothing where all are counted. Pure. @throws SourceError. */
export function placed(text: string, arms: string | undefined, arm?: Arm, encode = (value: string) => value): string {
  return text.replaceAll('{arm}', () => (arm === undefined ? '' : filled(arms ?? '', arm, encode)));
}

function queriesOf(
  told: { requests: string; errors: string; p95?: string | undefined; arms?: string | undefined },
  arm?: Arm,
) {
  const [requests, errors] = [placed(told.requests, told.arms, arm), placed(told.errors, told.arms, arm)];
  return { requests, errors, ...(told.p95 !== undefined && { p95: placed(told.p95, told.arms, arm) }) };
}

function join(separator: string, before: string | undefined, arms: string | undefined, arm: Arm): string {
  const parts = [...(before === undefined ? [] : [before]), filled(arms ?? '', arm)];
  return separator === ' ' ? parts.join(' ') : parts.map((part) => `(${part})`).join(separator);
}

function matchOf(arms: Record<string, string> = {}, arm: Arm): Record<string, string> {
  return Object.fromEntries(Object.entries(arms).map(([path, value]) => [path, filled(value, arm)]));
}

/** Datadog writes tags small, and puts an underscore in the place of what a tag may not hold (docs.datadoghq.com/getting_started/tagging). */
function tagsOf({ deployment, commit, release }: Arm): Arm {
  const tag = (value: string | undefined) => value?.toLowerCase().replace(/[^\w./:-]/g, '_');
  return { deployment: deployment.toLowerCase(), commit: tag(commit), release: tag(release) };
}

function filled(arms: string, arm: Arm, encode = (value: string) => value): string {
  return arms.replaceAll(/\{(deployment|commit|release)\}/g, (_, name: keyof Arm) => {
    const value = arm[name];
    if (value !== undefined && HARMLESS.test(value)) return encode(value);
    const why = value === undefined ? 'is not known' : 'has letters that a query must not hold';
    const message = `{${name}} of ${arm.deployment} ${why}: write {deployment} into arms, or the names that both have`;
    throw new SourceError('arms_not_separable', message);
  });
}
