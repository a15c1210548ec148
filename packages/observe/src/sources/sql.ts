import type { Clock } from '#http/clock';
import { type Bucket, countsNothing, isNoData, type NoData } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { intervalsOf, type ObservationSource, SourceError } from '../source.ts';
import { type Counts, checkCounts } from './check-counts.ts';
import { EARLIER_MS, stoppedBefore } from './stale-data.ts';
import { poolMetric as pool } from './standard-queries.ts';
import { type AskedPeriod, periodsAsked, periodsOf, readingOf, withKnown } from './value-reading.ts';

/** Queries of one's own; `{from}` and `{until}` in them become the times of an interval. */
export interface SqlSource {
  /** Connection string; a role that may only read is enough. */
  url: string;
  /** One row with `requests` and `errors`, and `p95` in milliseconds where it knows it. */
  counts?: string | undefined;
  /** By name of the metric: one row with `value`, and with `count` where it says on how many rows it rests. */
  values?: Record<string, string> | undefined;
  /** Over how long values with `{from}` are counted, by metric; default a minute. Of several periods the extremes are told. */
  periods?: Readonly<Record<string, readonly AskedPeriod[]>> | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

interface Span {
  start: number;
  end: number;
}

const statementTimeoutMs = 10_000;
const dayMs = 86_400_000;
const comparedDays = 7;

/** Counts and values from a database: every question is one statement in a read-only transaction with a deadline (MET-16). */
export function sql(given: SqlSource): ObservationSource {
  const { counts, values = {}, clock } = given;

  /** The first row of a query for each span; undefined where it gives none. */
  async function ask(name: string, query: string, spans: readonly Span[]): Promise<(Row | undefined)[]> {
    const { connect } = await import('#postgres/connection');
    const { sqlstateOf } = await import('#postgres/database-error');
    const options = { applicationName: 'ops-actions observe', statementTimeoutMs, connectTimeoutMs: 10_000 };
    const connection = await connect(given.url, { ...options, ...(given.signal && { signal: given.signal }) }).catch(
      (error: unknown) => {
        given.signal?.throwIfAborted();
        throw notConnected(error);
      },
    );
    try {
      await connection.query('BEGIN READ ONLY');
      const times = (key: keyof Span) => spans.map((span) => new Date(span[key]).toISOString());
      // A parameter makes it one statement: nothing can follow that ends the read-only transaction.
      const rows = await connection.query<{ number: string; row: Row }>(statement(query), [
        times('start'),
        times('end'),
      ]);
      const first = new Map(rows.toReversed().map(({ number, row }) => [Number(number), row]));
      return spans.map((_, index) => first.get(index + 1));
    } catch (error) {
      given.signal?.throwIfAborted();
      const state = sqlstateOf(error);
      if (state === undefined) throw new SourceError('source_unavailable', 'the database ended the session', error);
      // Its words may carry values (S29).
      if (state === '57014') throw new SourceError('source_timeout', `observe.sql.${name} took longer than 10 s`);
      throw new SourceError('query_refused', `the database refuses observe.sql.${name} (SQLSTATE ${state})`);
    } finally {
      await connection.query('ROLLBACK').catch(() => {});
      await connection.close();
    }
  }

  async function readValue(metric: string, query: string, from: number, until: number): Promise<Reading[]> {
    const about = { metric, setting: `observe.sql.values.${metric}`, source: 'sql' };
    if (!query.includes('{from}')) {
      const spans = [{ start: from, end: until }];
      const reading = readingOf(await ask(`values.${metric}`, query, spans), spans, about);
      return reading === undefined ? [] : [reading];
    }
    const all: Reading[] = [];
    for (const { periodMs, compared } of periodsAsked(given.periods, metric)) {
      const spans = compared ? [{ start: until - periodMs, end: until }] : periodsOf(from, until, periodMs);
      const before = Array.from({ length: compared ? comparedDays : 0 }, (_, index) => {
        const back = (index + 1) * dayMs;
        return { start: until - periodMs - back, end: until - back };
      });
      const rows = await ask(`values.${metric}`, query, [...spans, ...before]);
      const reading = readingOf(rows.slice(0, spans.length), spans, about);
      const usual = rows.slice(spans.length).flatMap((row) => (typeof row?.value === 'number' ? [row.value] : []));
      if (reading !== undefined) all.push({ ...reading, periodMs, ...(compared && { usual }) });
    }
    return all;
  }

  let stopped: NoData | undefined;
  /** Once per watch: a query that counted before is right, and the rows stopped. */
  async function whyNothing(query: string, nothing: NoData, from: number): Promise<NoData> {
    if (stopped) return stopped;
    const [row] = await ask('counts', query, [{ start: from - EARLIER_MS, end: from }]);
    const earlier = typeof row?.requests === 'number' ? row.requests : 0;
    stopped = earlier > 0 ? stoppedBefore(`the query counts ${earlier} requests in the 6 hours before`) : nothing;
    return stopped;
  }

  return {
    name: 'sql',
    denominator: 'rows that your query counts',
    granularityMs: counts === undefined ? 0 : 60_000,
    // What is committed is there; transactions that were open at the end of an interval come a little later.
    readAfterMs: counts === undefined ? [0] : [5_000],
    ...(counts !== undefined && { settledAfterMs: 30_000 }),
    looksBack: counts !== undefined,
    async open() {
      if (counts === undefined) return;
      const now = clock.now();
      await ask('counts', counts, [{ start: now - 60_000, end: now }]).catch((error: unknown) => {
        // The database is there, and that nobody gets in is a reading of its own.
        if (!isExhausted(error)) throw error;
      });
    },
    async read(from, until, intervalMs) {
      if (counts === undefined) return countsNothing('sql');
      const spans = intervalsOf(from, until, intervalMs);
      const rows = spans.length === 0 ? [] : await ask('counts', counts, spans);
      const answer = toBuckets(rows, spans);
      return isNoData(answer) && answer.noData === 'no_rows' ? await whyNothing(counts, answer, from) : answer;
    },
    ...(Object.keys(values).length > 0 && {
      async readings(from: number, until: number) {
        const all: Reading[] = [];
        const failed: unknown[] = [];
        // One after the other: a database in trouble is not asked for everything at once.
        for (const [metric, query] of Object.entries(values)) {
          try {
            all.push(...(await readValue(metric, query, from, until)));
          } catch (error) {
            if (!isExhausted(error) || values[pool] === undefined) {
              failed.push(error);
              // What one query does not get says nothing of the others; a database that does not answer is left alone.
              if (isOneQuery(error)) continue;
              throw withKnown(failed, all);
            }
            const full: Reading = { metric: pool, value: 1, unit: 'share', at: until / 1000, source: 'sql' };
            // Nobody gets in: of the pool that is the answer itself, of the rest nothing more is known.
            const known = [...all.filter((reading) => reading.metric !== pool), { ...full, about: 'all are taken' }];
            if (Object.keys(values).length === 1) return known;
            throw new SourceError('source_unavailable', (error as Error).message, error, known);
          }
        }
        if (failed.length > 0) throw withKnown(failed, all);
        return all;
      },
    }),
    asked: () => ({ query: counts ?? Object.keys(values).join(', ') }),
    async close() {},
  };
}

type Row = Record<string, unknown>;

/** All spans in one question, each numbered from 1. */
function statement(query: string): string {
  const filled = query.replaceAll('{from}', 'ops_span.since').replaceAll('{until}', 'ops_span.before');
  return `SELECT ops_span.number, pg_catalog.to_jsonb(q) AS row
    FROM ROWS FROM (pg_catalog.unnest($1::timestamptz[]), pg_catalog.unnest($2::timestamptz[])) WITH ORDINALITY AS ops_span(since, before, number)
    CROSS JOIN LATERAL (${filled}\n) AS q`;
}

function toBuckets(rows: readonly (Row | undefined)[], spans: readonly Span[]): Bucket[] | NoData {
  const names = { requests: 'requests of observe.sql.counts', errors: 'errors of observe.sql.counts' };
  const buckets: Bucket[] = [];
  let nothing: NoData | undefined;
  for (const [index, { start, end }] of spans.entries()) {
    const row = rows[index];
    const known: Counts | NoData = checkCounts({ requests: row?.requests, errors: row?.errors }, names);
    if ('noData' in known) nothing = known;
    else {
      const p95 = typeof row?.p95 === 'number' ? { p95: row.p95 } : {};
      buckets.push({ start: start / 1000, end: end / 1000, ...known, ...p95 });
    }
  }
  return buckets.length === 0 && nothing ? nothing : buckets;
}

function isOneQuery(error: unknown): boolean {
  return error instanceof SourceError && /^(query_refused|source_bad_answer|unit_mistake)$/.test(error.reasonCode);
}

function isExhausted(error: unknown): boolean {
  return error instanceof SourceError && (error.cause as { code?: string } | undefined)?.code === '53300';
}

function notConnected(error: unknown): SourceError {
  const { code } = error as { code?: string };
  const reason = code === '28P01' || code === '28000' ? 'source_unauthorized' : 'source_unavailable';
  // 53300: the finding itself, where the pool is what is watched.
  const why =
    code === '53300'
      ? 'all connections of the database are taken, or all that this role may have'
      : (error as Error).message;
  return new SourceError(reason, `${why}. Check database-url.`, error);
}
