import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect, type DatabaseConnection } from '../connection.ts';
import { countBy } from './diagnose.ts';
import { sendSignals } from './mitigate.ts';
import { planMitigation } from './plan-mitigation.ts';
import { readDatabaseReport } from './read-database-report.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? false : 'no PostgreSQL server programs on this machine';

describe('doctor on a busy server', { skip }, () => {
  let cluster: Cluster;
  let doctor: DatabaseConnection;
  const clients: pg.Client[] = [];
  const lines: string[] = [];

  before(async () => {
    cluster = await startCluster({ listen: 'tcp', log: (line) => lines.push(line) });
    const admin = await client('admin');
    await admin.query("CREATE ROLE web LOGIN PASSWORD 'web-password'");
    await admin.query("CREATE ROLE worker LOGIN PASSWORD 'worker-password'");
    await admin.query('CREATE DATABASE other');
    await admin.query('CREATE TABLE public.notes (id int, title text)');
    await admin.query('GRANT ALL ON public.notes TO web, worker');
    doctor = await connect(cluster.url, { applicationName: 'ops-actions database-doctor' });
  });
  after(async () => {
    await doctor?.close();
    for (const one of clients) await one.end().catch(() => {});
    await cluster?.stop();
  });

  async function client(application: string, user?: string, database?: string): Promise<pg.Client> {
    const url = new URL(cluster.url);
    if (user !== undefined) Object.assign(url, { username: user, password: `${user}-password` });
    if (database !== undefined) url.pathname = `/${database}`;
    const one = new pg.Client({ connectionString: url.href, application_name: application });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  }
  const sessionsNow = async () => {
    const { sessions } = await readDatabaseReport(doctor, { schemas: ['public'] });
    assert.ok(sessions.read);
    return sessions.value;
  };

  test('40 connections of known make-up are counted by state, database, user and application (DBD-07)', async () => {
    const wanted: [string, string, string, boolean, number][] = [
      ['app', 'web', 'postgres', false, 18],
      ['app', 'web', 'postgres', true, 6],
      ['jobs', 'worker', 'postgres', false, 9],
      ['jobs', 'worker', 'other', true, 7],
    ];
    const own: pg.Client[] = [];
    for (const [application, user, database, inTransaction, count] of wanted) {
      for (let index = 0; index < count; index++) {
        const one = await client(application, user, database);
        if (inTransaction) await one.query('BEGIN');
        own.push(one);
      }
    }
    const mine = (await sessionsNow()).filter(({ application }) => ['app', 'jobs'].includes(application));
    const counted = countBy(mine, ({ state, database, user, application }) =>
      [state, database, user, application].join(' | '),
    );
    assert.deepEqual(
      counted.map(({ key, count }) => `${count} ${key}`),
      [
        '18 idle | postgres | web | app',
        '9 idle | postgres | worker | jobs',
        '7 idle in transaction | other | worker | jobs',
        '6 idle in transaction | postgres | web | app',
      ],
    );
    await Promise.all(own.map((one) => one.end()));
  });

  test('of ten clients in two databases only the five of the named one end (DBD-05)', async () => {
    const five = (database: string) =>
      Promise.all(Array.from({ length: 5 }, () => client(`of-${database}`, 'web', database)));
    const [here, there] = await Promise.all([five('postgres'), five('other')]);
    const request = { kind: 'terminate-connections' as const, olderThanSeconds: 0, database: 'other', include: [] };
    const { signals } = planMitigation(await sessionsNow(), request);
    assert.equal(signals.length, 5);
    const outcomes = await sendSignals(doctor, signals, { audit: () => {} });
    assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['done']));
    for (const one of there) await assert.rejects(one.query('SELECT 1'));
    for (const one of here) assert.equal((await one.query('SELECT 1 AS one')).rowCount, 1);
  });

  test('under load the server logs SELECT and SHOW of the report, beside settings of its own session, only (DBD-20)', async () => {
    const admin = await client('admin');
    await admin.query("CREATE ROLE doctor SUPERUSER LOGIN PASSWORD 'doctor-password'");
    await admin.query("ALTER ROLE doctor SET log_statement = 'all'");
    let stopped = false;
    let written = 0;
    const writers = ['one', 'two', 'three'].map(async (name) => {
      const writer = await client(`writer-${name}`, 'web');
      while (!stopped) {
        await writer.query('INSERT INTO public.notes VALUES (1, $1)', [name]);
        written += 1;
      }
    });
    const url = new URL(cluster.url);
    Object.assign(url, { username: 'doctor', password: 'doctor-password' });
    const logged = await connect(url.href, { applicationName: 'ops-actions database-doctor' });
    const report = await readDatabaseReport(logged, { schemas: ['public'] });
    await logged.close();
    stopped = true;
    await Promise.all(writers);
    assert.ok(written > 10, 'there was load');
    assert.ok(report.sessions.read && report.tables.read && report.functions.read && report.policies.read);
    // The server writes its log in order: behind this line it holds all of the report.
    await admin.query(`DO $$ BEGIN RAISE LOG 'the report has ended'; END $$`);
    for (let looks = 0; !lines.some((line) => line.includes('LOG:  the report has ended')); looks++) {
      assert.ok(looks < 600, 'the server did not write its log within 30 s');
      await delay(50);
    }
    const words = [...lines.join('\n').matchAll(/LOG: +(?:statement|execute [^\n:]*):\s*([a-z]+)/gi)].map(
      ([, word = '']) => word.toUpperCase(),
    );
    assert.ok(words.length > 15, lines.slice(-20).join('\n'));
    assert.deepEqual([...new Set(words)].toSorted(), ['SELECT', 'SET', ...(words.includes('SHOW') ? ['SHOW'] : [])]);
    assert.ok(!/LOG: .*(?:INSERT|UPDATE|DELETE) /.test(lines.join('\n')));
  });
});
