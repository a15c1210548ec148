import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { systemClock } from '#http/clock';
import { connect, type DatabaseConnection } from '#postgres/connection';
import type { Sandbox } from '#sandbox/sandbox-types';
import { describeSource } from '../../test/source-contract.ts';
import { judgeAlert } from '../alerts/judge-alert.ts';
import { planAlerts } from '../alerts/plan-alerts.ts';
import { isNoData } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { askSource, SourceError } from '../source.ts';
import { SourceReader } from '../source-reader.ts';
import { observeOf } from './arms.ts';
import { type SqlSource, sql } from './sql.ts';

const installed = (await listPostgres()).some((found) => found.server);
const minuteMs = 60_000;
const until = Math.floor(Date.now() / minuteMs) * minuteMs;
const from = until - 15 * minuteMs;

const counts = `SELECT count(*) AS requests, count(*) FILTER (WHERE status >= 500) AS errors,
  percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) AS p95 FROM requests WHERE at >= {from} AND at < {until} HAVING count(*) > 0`;
const failures = `SELECT count(*) AS value FROM audit WHERE action = 'login_failed' AND at >= {from} AND at < {until}`;

const role = (url: string, name: string) => url.replace(/\/\/[^@/]*@/, `//${name}:canary-password@`);
const sandboxed = (part: (url: string) => Partial<SqlSource>) => (sandbox: Sandbox) =>
  sql({ url: sandbox.description.postgres.url, counts, clock: systemClock, ...part(sandbox.description.postgres.url) });
const ownProtocol = 'a database is asked by its own protocol; what goes wrong there is named below';

if (installed) {
  describeSource({
    name: 'sql',
    make: sandboxed((url) => ({ url })),
    sandbox: { postgres: true },
    async prepare(sandbox) {
      await query(sandbox.description.postgres.url, 'CREATE TABLE requests (at timestamptz, status int, ms float8)');
    },
    secret: { not: 'the role of the sandbox has no password; that of a refused one is looked for below' },
    asks: { not: ownProtocol },
    tells: {
      intervalMs: minuteMs,
      nothingMeans: 'no-data',
      async serve(sandbox, { requests, errors, start, end }) {
        await query(
          sandbox.description.postgres.url,
          `INSERT INTO requests SELECT to_timestamp(${start / 1000} + (n - 0.5) * ${(end - start) / 1000 / Math.max(1, requests)}),
           CASE WHEN n <= ${errors} THEN 500 ELSE 200 END, n FROM generate_series(1, ${requests}) n`,
        );
      },
      swapped: sandboxed(() => ({
        counts: counts.replace('AS requests', 'AS x').replace('AS errors', 'AS requests').replace('AS x', 'AS errors'),
      })),
      unitMistake: sandboxed(() => ({
        counts: counts.replace('count(*) FILTER (WHERE status >= 500)', 'avg((status >= 500)::int)'),
      })),
      stale: true,
    },
    wrongCredentials: [
      {
        called: 'a role that is not there',
        make: sandboxed((url) => ({ url: role(url, 'nobody') })),
        reason: 'source_unauthorized',
        says: /^(?!.*canary-password).*Check database-url/,
      },
    ],
    wrongSite: {
      called: 'a server that is not there',
      make: sandboxed(() => ({ url: 'postgres://reader:canary-password@127.0.0.1:1/notes' })),
      reason: 'source_unavailable',
      says: /^(?!.*canary-password).*Check database-url/,
    },
    mistakes: [
      {
        called: 'a table that is not there',
        make: sandboxed(() => ({ counts: 'SELECT 1 AS requests, 0 AS errors FROM nowhere' })),
        reason: 'query_refused',
        says: /observe\.sql\.counts \(SQLSTATE 42P01\)/,
      },
      {
        called: 'words where a number belongs',
        make: sandboxed(() => ({ counts: "SELECT 'many' AS requests, 0 AS errors" })),
        reason: 'source_bad_answer',
        says: /must be numbers/,
      },
    ],
    notANumber: { not: 'PostgreSQL has no untyped answer: words are refused below, NaN is text in its JSON' },
  });
}

describe('source sql', { skip: installed ? false : 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let url = '';
  before(async () => {
    cluster = await startCluster();
    url = await createDatabase(
      cluster,
      `CREATE TABLE requests (at timestamptz, status int, ms float8);
       CREATE TABLE audit (at timestamptz, action text);
       CREATE TABLE usage_metrics (at timestamptz);
       CREATE FUNCTION spy() RETURNS int LANGUAGE sql AS 'INSERT INTO usage_metrics VALUES (now()) RETURNING 1';
       INSERT INTO requests SELECT to_timestamp(${(until - minuteMs) / 1000} + n * 0.1), CASE WHEN n % 50 = 0 THEN 500 ELSE 200 END, n
         FROM generate_series(1, 500) n`,
    );
  });
  after(async () => await cluster.stop());

  const source = (part: Partial<SqlSource>) => sql({ url, clock: systemClock, ...part });
  /** What a source says instead of counts. */
  async function refusal(part: Partial<SqlSource>): Promise<string[]> {
    const answer = await askSource(
      async () => {
        const asked = source(part);
        await asked.open();
        return await asked.read(from, until, minuteMs);
      },
      { deadlineMs: 20_000, clock: systemClock },
    );
    return isNoData(answer) ? [answer.noData, answer.message] : [];
  }
  const read = async (values: Record<string, string>, more: Partial<SqlSource> = {}): Promise<Reading[]> =>
    (await source({ values, ...more }).readings?.(from, until)) ?? [];

  test('counts requests, errors and the p95 of every interval; one without a row is left out, never zero', async () => {
    const answer = await source({ counts }).read(from, until, minuteMs);
    assert.ok(!isNoData(answer));
    assert.deepEqual(
      answer.map(({ start, requests, errors }) => [start, requests, errors]),
      [[(until - minuteMs) / 1000, 500, 10]],
    );
    assert.ok((answer[0]?.p95 ?? 0) > 470);
  });

  test('nothing at all, swapped names, shares and no numbers have reasons of their own', async () => {
    assert.equal(
      (await refusal({ counts: counts.replace('requests WHERE', 'requests WHERE false AND') }))[0],
      'no_rows',
    );
    assert.equal((await refusal({ counts: 'SELECT 1 AS requests, 2 AS errors' }))[0], 'errors_above_requests');
    assert.equal((await refusal({ counts: 'SELECT 100 AS requests, 0.02 AS errors' }))[0], 'unit_mistake');
    assert.equal((await refusal({ counts: `SELECT 'many' AS requests, 0 AS errors` }))[0], 'source_bad_answer');
    assert.equal((await refusal({ counts: `SELECT 'NaN'::float8 AS requests, 0 AS errors` }))[0], 'source_bad_answer');
  });

  test('a query is held to one read-only statement with a deadline, and its values stay in the database (S29)', async () => {
    const greedy = 'SELECT 1 AS requests, 0 AS errors) AS q; COMMIT; DROP TABLE audit; SELECT 1 FROM (SELECT 1';
    assert.equal((await refusal({ counts: greedy }))[0], 'query_refused');
    assert.match((await refusal({ counts: 'SELECT spy() AS requests, 0 AS errors' })).join(), /query_refused.*25006/);
    assert.equal((await query(url, 'SELECT FROM usage_metrics')).length, 0);
    const secret = await refusal({ counts: `SELECT 'row-value-of-a-customer'::int AS requests, 0 AS errors` });
    assert.match(secret.join(), /query_refused.*22P02/);
    assert.doesNotMatch(secret.join(), /customer/);
    assert.equal(
      (await refusal({ counts: 'SELECT 1 AS requests, 0 AS errors FROM pg_sleep(11)' }))[0],
      'source_timeout',
    );
  });

  test('a wrong password and a server that is not there are told apart, without the password', async () => {
    const gone = await refusal({ url: 'postgres://reader:canary-password@127.0.0.1:1/notes', counts });
    assert.equal(gone[0], 'source_unavailable');
    assert.doesNotMatch(gone.join(), /canary-password/);
  });

  test('11 and 51 failed log-ins in a minute: warning and critical, of the worst minute', async () => {
    const alert = planAlerts([
      { when: 'auth-failures above 10 per 1m', level: 'P3' },
      { when: 'auth-failures above 50 per 1m', level: 'P1' },
    ]).alerts[0];
    assert.ok(alert);
    const facts = {
      now: until / 1000,
      windows: [],
      combine: 'primary',
      blind: '',
      unread: '',
      minRequests: 20,
    } as const;
    const levelAfter = async (more: number) => {
      await query(
        url,
        `INSERT INTO audit SELECT to_timestamp(${(until - 5 * minuteMs) / 1000}), 'login_failed' FROM generate_series(1, ${more})`,
      );
      const readings = await read({ 'auth-failures': failures });
      const { state, limit, said } = judgeAlert(alert, { ...facts, readings });
      return [state, limit?.level, said];
    };
    assert.deepEqual((await levelAfter(10)).slice(0, 2), ['ok', undefined]);
    assert.deepEqual(await levelAfter(1), ['firing', 'P3', 'auth-failures 11 is above the limit of 10']);
    assert.deepEqual((await levelAfter(40)).slice(0, 2), ['firing', 'P1']);
  });

  test('ten times the usual rows of an hour are a spike, with value and baseline', async () => {
    const hour = 3_600_000;
    for (let day = 0; day <= 7; day += 1) {
      const rows = day === 0 ? 1000 : 100;
      await query(
        url,
        `INSERT INTO usage_metrics SELECT to_timestamp(${(until - hour / 2 - day * 24 * hour) / 1000}) FROM generate_series(1, ${rows})`,
      );
    }
    const usage = 'SELECT count(*) AS value FROM usage_metrics WHERE at >= {from} AND at < {until}';
    const [reading] = await read({ usage }, { periods: { usage: [{ periodMs: hour, compared: true }] } });
    assert.deepEqual([reading?.value, reading?.usual], [1000, [100, 100, 100, 100, 100, 100, 100]]);
  });

  test('a value of no samples is no reading, and a number of samples is kept', async () => {
    assert.deepEqual(await read({ usage: 'SELECT 0 AS value, 0 AS count' }), []);
    assert.deepEqual(await read({ usage: 'SELECT null::int AS value' }), []);
    const [reading] = await read({ 'database-pool': 'SELECT 0.5 AS value, 12 AS count' });
    assert.deepEqual([reading?.value, reading?.unit, reading?.samples], [0.5, 'share', 12]);
    await assert.rejects(read({ 'database-pool': 'SELECT 81 AS value' }), { reasonCode: 'unit_mistake' });
  });

  test('one query that the database refuses does not hide the others', async () => {
    const values = {
      'auth-failures': 'SELECT nothing FROM nowhere',
      usage: 'SELECT 7 AS value',
      'database-pool': 'SELECT 81 AS value',
    };
    await assert.rejects(read(values), (error) => {
      assert.ok(error instanceof SourceError);
      assert.deepEqual(
        error.known.map(({ metric, value }) => [metric, value]),
        [['usage', 7]],
      );
      assert.match(error.message, /values\.auth-failures \(SQLSTATE 42P01\); .*database-pool gives 81/);
      return true;
    });
  });

  test('in a stage of a rolling release the query counts one deployment', async () => {
    await query(
      url,
      `CREATE TABLE visits (at timestamptz, status int, deployment text);
      INSERT INTO visits SELECT to_timestamp(${(until - minuteMs) / 1000} + n * 0.1), CASE WHEN n % 3 = 0 THEN 500 ELSE 200 END,
        CASE WHEN n % 3 = 0 THEN 'dpl_New' ELSE 'dpl_Old' END FROM generate_series(1, 300) n`,
    );
    const told = {
      counts: `SELECT count(*) AS requests, count(*) FILTER (WHERE status >= 500) AS errors FROM visits WHERE at >= {from} AND at < {until} {arm}`,
      arms: `AND deployment = '{deployment}'`,
    };
    const counted = async (deployment?: string) => {
      const { sql: asked } = observeOf({ sql: told }, deployment === undefined ? undefined : { deployment });
      const answer = await source(asked ?? {}).read(until - minuteMs, until, minuteMs);
      return isNoData(answer) ? answer : answer.map(({ requests, errors }) => [requests, errors]);
    };
    assert.deepEqual(await counted(), [[300, 100]]);
    assert.deepEqual(await counted('dpl_New'), [[100, 100]]);
    assert.deepEqual(await counted('dpl_Old'), [[200, 0]]);
  });

  test('81 and 96 of 100 connections, and none left at all', async () => {
    const pool = `SELECT count(*)::float8 / current_setting('max_connections')::int AS value FROM pg_stat_activity WHERE backend_type = 'client backend'`;
    const open: DatabaseConnection[] = [];
    const shareAt = async (connections: number) => {
      while (open.length < connections - 1) open.push(await connect(url, { applicationName: 'crowd' }));
      return (await read({ 'database-pool': pool }))[0]?.value;
    };
    try {
      assert.equal((await query(url, 'SHOW max_connections')).length, 1);
      assert.deepEqual([await shareAt(81), await shareAt(96)], [0.81, 0.96]);
      const role = await query(url, `CREATE ROLE reader LOGIN`).then(() => url.replace(/\/\/[^@/]*@/, '//reader@'));
      while (open.length < 97) open.push(await connect(url, { applicationName: 'crowd' }));
      const asReader = async (part: Partial<SqlSource>) => {
        const log: string[] = [];
        const { signal } = new AbortController();
        const context = {
          clock: systemClock,
          signal,
          log: (line: string) => void log.push(line),
          longestReadMs: 20_000,
        };
        const reader = new SourceReader(source({ ...part, url: role }), context);
        await reader.open(minuteMs);
        await reader.readReadings(from, until, minuteMs);
        return { found: reader.readings.map(({ metric, value, about }) => [metric, value, about]), log: log.join() };
      };
      const full = ['database-pool', 1, 'all are taken'];
      const alone = await asReader({ values: { 'database-pool': pool } });
      assert.deepEqual([alone.found, alone.log], [[full], '']);
      // Whichever is asked first and whatever is counted beside: what is full is told, and why the rest is not known.
      const beside = await asReader({ counts, values: { 'auth-failures': failures, 'database-pool': pool } });
      assert.deepEqual(beside.found, [full]);
      assert.match(beside.log, /No readings from sql: all connections of the database are taken/);
      const other = await asReader({ values: { 'auth-failures': failures } });
      assert.deepEqual(other.found, []);
    } finally {
      await Promise.all(open.map((connection) => connection.close()));
    }
  });
});
