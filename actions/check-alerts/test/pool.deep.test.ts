import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import type { Runner } from '#action-kit/runner';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import type { EnvironmentSettings } from '#config/settings';
import { systemClock } from '#http/clock';
import { judgeAlert } from '#observe/alerts/judge-alert';
import { type Given, planCheck } from '../src/plan-check.ts';
import { readFacts } from '../src/read-facts.ts';

const installed = (await listPostgres()).some((found) => found.server);

/** Alerts of the pool and nothing about it under `observe`: only a string of a role that may read. */
const settings = {
  ...{ environment: 'production', production: true, vercel: {}, database: {}, health: {}, smoke: {}, release: {} },
  ...{ slack: {}, watch: { source: ['probe'] } },
  alerts: [
    { when: 'database-pool above 80%', level: 'P3' },
    { when: 'database-pool above 95%', level: 'P1' },
    { when: 'database-pool-exhausted', level: 'P0' },
  ],
} as unknown as EnvironmentSettings;

describe('a pool that fills up (DBD-09)', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let ordinary = 0;
  const crowd: pg.Client[] = [];
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    const admin = await client();
    await admin.query(
      `CREATE ROLE web LOGIN PASSWORD 'web-password'; CREATE ROLE watcher LOGIN PASSWORD 'watcher-password'`,
    );
    const { rows } = await admin.query<{ free: number }>(
      "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS free",
    );
    ordinary = rows[0]?.free ?? 0;
    await admin.end();
  });
  after(async () => {
    for (const one of crowd) await one.end().catch(() => {});
    await cluster?.stop();
  });

  function urlOf(user?: string): string {
    const url = new URL(cluster.url);
    if (user !== undefined) Object.assign(url, { username: user, password: `${user}-password` });
    return url.href;
  }
  async function client(user?: string): Promise<pg.Client> {
    const one = new pg.Client({ connectionString: urlOf(user) });
    one.on('error', () => {});
    await one.connect();
    return one;
  }
  /** One run of the alerts while so many others are connected. */
  async function look(others: number): Promise<{ state: string; level: string | undefined; said: string }> {
    while (crowd.length < others) crowd.push(await client('web'));
    const given = { databaseUrl: urlOf('watcher'), window: 900_000 } as unknown as Given;
    const runner = {
      ...{ clock: systemClock, signal: new AbortController().signal, environment: () => undefined },
      ...{ logger: { info: () => {}, debug: () => {} }, context: { sha: 'c0ffee' } },
    } as unknown as Runner;
    const plan = planCheck(given, settings);
    const facts = await readFacts(runner, given, settings, plan, {
      uptime: { days: [], failedInRow: 0 },
      openings: { open: [], at: [] },
    } as never);
    const [alert] = plan.alerts;
    const finding = judgeAlert(alert ?? assert.fail(), facts);
    return { state: finding.state, level: finding.limit?.level, said: finding.said };
  }

  test('the run that looks next tells it: a warning at 80 %, critical at 95 %, exhausted when nobody gets in', async () => {
    assert.equal((await look(10)).state, 'ok');
    const warned = await look(Math.ceil(ordinary * 0.82));
    assert.deepEqual([warned.state, warned.level], ['firing', 'P3'], warned.said);
    const critical = await look(Math.ceil(ordinary * 0.96));
    assert.deepEqual([critical.state, critical.level], ['firing', 'P1'], critical.said);
    const exhausted = await look(ordinary);
    assert.deepEqual([exhausted.state, exhausted.level], ['firing', 'P0'], exhausted.said);
    assert.match(exhausted.said, /all are taken/);
  });
});
