import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { type ObservationSource, SourceError } from '../source.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService, wrongCredential } from './service.ts';

/** Whose transactions are counted. */
export interface NewRelicSource {
  /** https://api.newrelic.com, or https://api.eu.newrelic.com for accounts in the EU. */
  url: string;
  apiKey: string;
  account: number;
  /** Name of the application (appName). */
  app: string;
  /** NRQL condition of a failed transaction. Default `error IS TRUE`. */
  failed?: string | undefined;
  /** Page of New Relic that shows the same numbers. */
  dashboard?: string | undefined;
  /** Further NRQL condition, e.g. `transactionType = 'Web'`. */
  where?: string | undefined;
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

// TIMESERIES gives 366 rows at most (docs.newrelic.com, NRQL reference).
const LONGEST_MS = 6 * 3_600_000;

// docs.newrelic.com: NerdGraph `actor.account.nrql`, results of a TIMESERIES query
const answer = z.looseObject({
  errors: z.array(z.looseObject({ message: z.string().optional() })).nullish(),
  data: z
    .looseObject({
      actor: z
        .looseObject({
          account: z
            .looseObject({ nrql: z.looseObject({ results: z.array(z.looseObject({})) }).nullable() })
            .nullable(),
        })
        .nullable(),
    })
    .nullish(),
});
const row = z.looseObject({
  beginTimeSeconds: z.number(),
  endTimeSeconds: z.number(),
  requests: z.number().nullish(),
  errors: z.number().nullish(),
  p95: z.union([z.number().nullable(), z.record(z.string(), z.number().nullable())]).optional(),
});

/** Transactions per minute from New Relic, by NRQL. An application that was never seen to count is no data, not zero requests. */
export function newRelic(given: NewRelicSource): ObservationSource {
  const { clock, signal, account } = given;
  const credential = { input: 'new-relic-api-key', of: 'new-relic' as const, value: given.apiKey };
  const service = createService({
    baseUrl: given.url,
    headers: { 'API-Key': given.apiKey },
    check: 'new-relic-api-key (a user key), observe.new-relic.account and its region (us or eu)',
    credential,
    clock,
    signal,
  });
  const app = given.app.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const where = [`appName = '${app}'`, ...(given.where ? [`(${given.where})`] : [])].join(' AND ');
  // Routes have letters of a closed list (config/rules): nothing to escape.
  const routes = (given.except ?? []).map((route) => `'${route}'`).join(', ');
  const p95 =
    routes === ''
      ? 'percentile(duration, 95)'
      : `filter(percentile(duration, 95), WHERE request.uri NOT IN (${routes}))`;
  const select = `count(*) AS requests, filter(count(*), WHERE ${given.failed ?? 'error IS TRUE'}) AS errors, ${p95} AS p95`;

  async function ask(from: number, until: number): Promise<Point[]> {
    const nrql = `SELECT ${select} FROM Transaction WHERE ${where} SINCE ${from} UNTIL ${until} TIMESERIES 1 minute`;
    const query =
      'query($account: Int!, $nrql: Nrql!) { actor { account(id: $account) { nrql(query: $nrql, timeout: 5) { results } } } }';
    const json = await service.ask({ method: 'POST', path: '/graphql', json: { query, variables: { account, nrql } } });
    const parsed = answer.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'New Relic did not answer as NerdGraph does');
    // NerdGraph says so within an answer of 200.
    const why = parsed.data.errors?.map(({ message = '' }) => message).join('; ');
    if (why) {
      const refused = /access denied|api key|unauthori[sz]ed|not authorized/i.test(why);
      const other = refused ? wrongCredential(credential) : undefined;
      if (other) throw other;
      const reason = refused ? 'source_unauthorized' : 'query_refused';
      throw new SourceError(
        reason,
        `New Relic refuses: ${cleanText(why, 300).replaceAll(given.apiKey, '***')}. Check new-relic-api-key and observe.new-relic`,
      );
    }
    if (parsed.data.data === undefined && why === undefined)
      throw new SourceError('source_bad_answer', 'New Relic did not answer as NerdGraph does');
    const results = parsed.data.data?.actor?.account?.nrql?.results;
    if (!results)
      throw new SourceError(
        'wrong_address',
        `New Relic has no account ${account} for this key: check observe.new-relic.account and region`,
      );
    return results.map((each) => {
      const found = row.safeParse(each);
      if (!found.success) throw new SourceError('source_bad_answer', 'New Relic did not answer with a time series');
      const { beginTimeSeconds, endTimeSeconds, requests, errors, p95 } = found.data;
      const seconds = typeof p95 === 'object' && p95 !== null ? p95['95'] : p95;
      const point = { start: beginTimeSeconds * 1000, end: endTimeSeconds * 1000, requests, errors };
      return typeof seconds === 'number' ? { ...point, p95: seconds * 1000 } : point;
    });
  }

  return seriesSource({
    name: 'new-relic',
    denominator: 'transactions that New Relic counted',
    granularityMs: 60_000,
    // Agents send once a minute.
    readAfterMs: [30_000],
    settledAfterMs: 90_000,
    longestMs: LONGEST_MS,
    absentMeansZero: true,
    names: { requests: `the transactions of ${cleanText(given.app, 80)}`, errors: 'its failed transactions' },
    clock,
    ask,
    asked: (from, until) => ({
      query: `SELECT ${select} FROM Transaction WHERE ${where} SINCE ${Math.floor(Math.max(from, until - LONGEST_MS))} UNTIL ${Math.ceil(until)} TIMESERIES 1 minute`,
      ...(given.dashboard && { link: given.dashboard }),
    }),
  });
}
