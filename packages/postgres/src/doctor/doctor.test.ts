import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect, type DatabaseConnection } from '../connection.ts';
import { parseObject } from '../expected-objects.ts';
import { diagnose, standardLimits } from './diagnose.ts';
import { sendSignals } from './mitigate.ts';
import { planMitigation } from './plan-mitigation.ts';
import { readDatabaseReport } from './read-database-report.ts';
import { proveWritable, rolesWithOwnSetting, setReadOnly } from './read-only-mode.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? false : 'no PostgreSQL server programs on this machine';

describe('doctor', { skip }, () => {
  let cluster: Cluster;
  let doctor: DatabaseConnection;
  const clients: pg.Client[] = [];

  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    const admin = await client();
    await admin.query(`CREATE ROLE web LOGIN PASSWORD 'web-password'; GRANT ALL ON SCHEMA public TO web;
      CREATE TABLE public.notes (id int PRIMARY KEY, title text, secret text);
      CREATE TABLE public."Odd ""name""" (id int);
      ALTER TABLE public.notes OWNER TO web;
      INSERT INTO public.notes VALUES (1, 'canary-title-77', 'x')`);
    doctor = await connect(cluster.url, { applicationName: 'ops-actions database-doctor' });
  });
  after(async () => {
    await doctor?.close();
    for (const one of clients) await one.end().catch(() => {});
    await cluster?.stop();
  });

  async function client(application = 'test', user?: string): Promise<pg.Client> {
    const url = new URL(cluster.url);
    if (user !== undefined) Object.assign(url, { username: user, password: 'web-password' });
    const one = new pg.Client({ connectionString: url.href, application_name: application });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  }
  const report = () => readDatabaseReport(doctor, { schemas: ['public'] });
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(50)) {
      const found = await look();
      if (found !== undefined) return found;
    }
    throw new Error('not seen within 30 s');
  }

  test('a stalled migration is recognised: both sessions, the table and the statement without its values', async () => {
    const holder = await client('holder', 'web');
    await holder.query("BEGIN; UPDATE public.notes SET title = 'canary-title-78' WHERE id = 1");
    const migration = await client('supabase', 'web');
    const waiting = migration.query("ALTER TABLE public.notes ADD COLUMN colour text DEFAULT 'canary-default-79'");
    waiting.catch(() => {});
    const seen = await until(async () => {
      const found = await report();
      const [finding] = diagnose(found, { ...standardLimits, stalledMigrationSeconds: 0 });
      return finding?.code === 'migration_stalled' ? { found, finding } : undefined;
    });
    assert.match(
      seen.finding.message,
      /AccessExclusiveLock on public\.notes, which session \d+ \(holder as web, idle in transaction\)/,
    );
    assert.match(seen.finding.message, /ALTER TABLE public\.notes ADD COLUMN colour text DEFAULT \$1/);
    assert.ok(!JSON.stringify(seen.found).includes('canary'), 'a value of a query is in the report');
    // While the table is locked its size is an estimate, and the other parts are read all the same.
    assert.ok(seen.found.tables.read && seen.found.server.read);
    await holder.query('ROLLBACK');
    await waiting;
  });

  test('a locked table leaves the other sizes: they are estimates then', async () => {
    const holder = await client('holder', 'web');
    await holder.query('BEGIN; LOCK TABLE public.notes IN ACCESS EXCLUSIVE MODE');
    const { tables } = await report();
    assert.ok(tables.read, JSON.stringify(tables));
    assert.ok(tables.value.every(({ estimated }) => estimated));
    await holder.query('ROLLBACK');
    const again = (await report()).tables;
    assert.ok(again.read && again.value.every(({ estimated, bytes }) => !estimated && bytes >= 0));
  });

  test('a missing extension, an invalid index and an unvalidated constraint are found', async () => {
    const owner = await client('owner', 'web');
    await owner.query('INSERT INTO public.notes VALUES (2, $1, $2)', ['twice', 'y']);
    await owner.query("UPDATE public.notes SET title = 'twice'");
    await assert.rejects(owner.query('CREATE UNIQUE INDEX CONCURRENTLY broken ON public.notes (title)'));
    await owner.query('ALTER TABLE public.notes ADD CONSTRAINT short CHECK (length(title) < 3) NOT VALID');
    const codes = diagnose(await report()).map(({ code, message }) => `${code}: ${message}`);
    assert.ok(codes.some((line) => line.startsWith('invalid_index: index public.broken on public.notes')));
    assert.ok(codes.some((line) => line.startsWith('unvalidated_constraint: constraint short')));
    assert.ok(codes.some((line) => line.includes('pg_stat_statements is not there')));
    assert.ok(codes.some((line) => line.startsWith('row_security_off') && line.includes('public.Odd "name"')));
  });

  test('queries that run are listed by their start, the longest first, without our own', async () => {
    const sleeping: Promise<unknown>[] = [];
    const sleepers = async (count: number) => {
      const { sessions } = await report();
      assert.ok(sessions.read);
      assert.ok(sessions.value.every(({ application }) => !application.startsWith('ops-actions')));
      const found = sessions.value.filter((one) => one.application.startsWith('sleeps-') && one.state === 'active');
      return found.length === count ? found : undefined;
    };
    // Not in the order of their names, nor of their connections.
    const [third, first, second] = [
      await client('sleeps-third', 'web'),
      await client('sleeps-first', 'web'),
      await client('sleeps-second', 'web'),
    ];
    for (const [before, one] of [first, second, third].entries()) {
      await until(() => sleepers(before));
      sleeping.push(one.query('SELECT pg_sleep(600)').catch(() => {}));
    }
    const active = await until(() => sleepers(3));
    assert.deepEqual(
      active.map(({ application }) => application),
      ['sleeps-first', 'sleeps-second', 'sleeps-third'],
    );
    const ages = active.map(({ querySeconds }) => querySeconds ?? 0);
    assert.ok((ages[0] ?? 0) > (ages[1] ?? 0) && (ages[1] ?? 0) > (ages[2] ?? 0) && (ages[2] ?? 0) > 0, ages.join(' '));
    await sendSignals(
      doctor,
      active.map((session) => ({ session, signal: 'cancel' as const })),
      { audit: () => {} },
    );
    await Promise.all(sleeping);
  });

  test('a broken function body, a missing index and the policies are named', async () => {
    const owner = await client('owner');
    await owner.query(`CREATE TABLE public.gone (id int);
      CREATE FUNCTION public.counts(n int) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM gone';
      CREATE FUNCTION public.fine() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM notes';
      CREATE FUNCTION public.own_path() RETURNS bigint LANGUAGE sql SET search_path = '' AS 'SELECT count(*) FROM public.notes';
      CREATE FUNCTION public.plain() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
      DROP TABLE public.gone;
      CREATE POLICY "own rows" ON public.notes FOR SELECT TO web USING (title = 'canary-90')`);
    const names = ['table notes', 'column notes.title', 'index notes_by_day', 'policy own rows on notes'];
    const expected = names.flatMap((name) => parseObject(name) ?? []);
    const found = await readDatabaseReport(doctor, { schemas: ['public'], expected });
    assert.ok(found.functions.read && found.policies.read, JSON.stringify(found.functions));
    assert.deepEqual(
      found.functions.value.broken.map((one) => one.function),
      ['counts(n integer)'],
    );
    assert.match(found.functions.value.broken[0]?.problem ?? '', /relation "gone" does not exist \(42P01\)/);
    const told = diagnose(found).map(({ code, message }) => `${code}: ${message}`);
    assert.ok(told.some((line) => line.startsWith('function_broken: function public.counts(n integer) does not fit')));
    assert.ok(told.includes('object_missing: index notes_by_day is expected and not there'), told.join('\n'));
    assert.deepEqual(found.policies.value, [
      { schema: 'public', table: 'notes', policy: 'own rows', command: 'SELECT', roles: ['web'], permissive: true },
    ]);
    assert.ok(!JSON.stringify(found).includes('canary-90'), 'conditions may hold values');
    await owner.query(
      'DROP FUNCTION public.counts; DROP FUNCTION public.fine; DROP FUNCTION public.own_path; DROP FUNCTION public.plain; DROP POLICY "own rows" ON public.notes',
    );
  });

  test('the report runs SELECT and SHOW only: its session may not write', async () => {
    await report();
    await assert.rejects(doctor.query('CREATE TABLE public.not_allowed ()'), /read-only transaction/);
  });

  test('a long query is cancelled and its session stays; one that changed meanwhile gets no signal', async () => {
    const slow = await client('slow', 'web');
    const sleeping = slow.query('SELECT pg_sleep(60)').catch((error: Error) => error);
    const session = await until(async () => {
      const { sessions } = await report();
      assert.ok(sessions.read);
      return sessions.value.find((one) => one.application === 'slow' && one.state === 'active');
    });
    const audit: string[] = [];
    const options = { audit: (one: { outcome: string }) => audit.push(one.outcome) };
    const other = { ...session, identity: { ...session.identity, queryStart: '2020-01-01 00:00:00+00' } };
    await sendSignals(doctor, [{ session: other, signal: 'cancel' }], options);
    const plan = planMitigation([session], {
      kind: 'cancel-long-queries',
      olderThanSeconds: -1,
      database: session.database,
      include: [],
    });
    await sendSignals(doctor, plan.signals, options);
    assert.deepEqual(audit, ['gone', 'done']);
    assert.match(String(await sleeping), /canceling statement due to user request/);
    assert.deepEqual((await slow.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });

  test('a forgotten transaction is ended', async () => {
    const forgotten = await client('forgotten', 'web');
    await forgotten.query('BEGIN; SELECT 1');
    const { sessions } = await report();
    assert.ok(sessions.read);
    const plan = planMitigation(sessions.value, {
      kind: 'terminate-idle-in-transaction',
      olderThanSeconds: -1,
      database: 'postgres',
      include: [],
    });
    assert.deepEqual(
      plan.signals.map(({ session }) => session.application),
      ['forgotten'],
    );
    const [outcome] = await sendSignals(doctor, plan.signals, { audit: () => {} });
    assert.equal(outcome?.outcome, 'done');
    await assert.rejects(forgotten.query('SELECT 1'));
  });

  test('a role without the right to signal is told so', async () => {
    const victim = await client('victim');
    await victim.query('BEGIN');
    const { sessions } = await report();
    assert.ok(sessions.read);
    const session = sessions.value.find(({ application }) => application === 'victim');
    assert.ok(session);
    const url = new URL(cluster.url);
    Object.assign(url, { username: 'web', password: 'web-password' });
    const weak = await connect(url.href, { applicationName: 'ops-actions database-doctor' });
    const { sessions: hidden } = await readDatabaseReport(weak, { schemas: ['public'] });
    assert.ok(hidden.read);
    const unseen = hidden.value.find(({ pid }) => pid === session.pid);
    assert.ok(unseen !== undefined && unseen.state === 'unknown' && unseen.query === '(our role may not see it)');
    await (await client()).query('GRANT pg_read_all_stats TO web');
    const signals = [unseen, session].map((one) => ({ session: one, signal: 'terminate' as const }));
    const outcomes = await sendSignals(weak, signals, { audit: () => {} });
    await weak.close();
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['not-allowed', 'not-allowed'],
    );
    await victim.query('ROLLBACK');
  });

  test('read-only is proven by a refused write, keeps the comment of people, and is taken back', async () => {
    const admin = await client();
    await admin.query("COMMENT ON DATABASE postgres IS 'belongs to team A'");
    await admin.query('ALTER ROLE web SET default_transaction_read_only = off');
    assert.equal(await proveWritable(cluster.url), 'possible');
    const until = Math.floor(Date.now() / 1000) - 10;
    await setReadOnly(doctor, { on: true, until });
    assert.equal(await proveWritable(cluster.url), 'refused');
    assert.deepEqual(await rolesWithOwnSetting(doctor), ['web']);
    const during = await report();
    assert.ok(during.server.read && during.server.value.readOnly);
    assert.equal(during.server.value.readOnlyUntil, until);
    assert.ok(diagnose(during).some(({ code }) => code === 'read_only_expired'));
    await setReadOnly(doctor, { on: false });
    assert.equal(await proveWritable(cluster.url), 'possible');
    const [row] = await doctor.query<{ comment: string }>(
      "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = 'postgres'",
    );
    assert.equal(row?.comment, 'belongs to team A');
  });

  for (const suffix of ['_exec_time', '_time']) {
    test(`slow queries are listed by mean time where the column is total${suffix}`, async () => {
      const admin = await client();
      await admin.query(`CREATE SCHEMA IF NOT EXISTS "Ext"; CREATE EXTENSION pg_stat_statements SCHEMA "Ext"`);
      const unloaded = (await report()).slowQueries;
      assert.ok(!unloaded.read && /shared_preload_libraries/.test(unloaded.reason), JSON.stringify(unloaded));
      // The view of the extension with rows of known times: it counts only where it was loaded at the server's start.
      await admin.query(`ALTER EXTENSION pg_stat_statements DROP VIEW "Ext".pg_stat_statements;
        DROP VIEW "Ext".pg_stat_statements;
        CREATE VIEW "Ext".pg_stat_statements AS
          SELECT d.oid AS dbid, s.query, s.calls, s.total AS total${suffix}, s.total / s.calls AS mean${suffix}
            FROM pg_database AS d, (VALUES ('SELECT $1', 10, 50.0::float8), ('SET search_path = ''canary-82''', 1, 900.0)) AS s(query, calls, total)
           WHERE d.datname = current_database()`);
      const { slowQueries } = await report();
      await admin.query('DROP VIEW "Ext".pg_stat_statements; DROP EXTENSION pg_stat_statements');
      assert.deepEqual(slowQueries, {
        read: true,
        value: [
          { query: 'SET search_path = $1', calls: 1, meanMs: 900, totalMs: 900 },
          { query: 'SELECT $1', calls: 10, meanMs: 5, totalMs: 50 },
        ],
      });
    });
  }
});
