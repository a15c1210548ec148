import assert from 'node:assert/strict';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { untilRows } from '#backup/test-database';
import { type ApplyOptions, applyMigrations } from './apply-migrations.ts';
import { connect, type DatabaseConnection } from './connection.ts';
import { MigrationLockTimeout } from './migration-lock.ts';
import { openMigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';

const installed = (await listPostgres()).some((found) => found.server);

function files(...texts: string[]): MigrationFile[] {
  return texts.map((sql, index) => ({
    version: `${index + 1}`,
    name: `n${index + 1}`,
    file: `${index + 1}_n${index + 1}.sql`,
    sql,
  }));
}

/**
 * A proxy that forwards the first COMMIT of a migration, or the `commit`th, and then cuts the line before the server's answer, or `lateMs` after
 * it, of which nothing is heard.
 */
async function cutAfterCommit(
  target: string,
  options: { refuseAfterwards?: boolean; lateMs?: number; commit?: number } = {},
) {
  const state = { commits: 0, cuts: 0, port: 0 };
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connectSocket(target);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {});
    }
    if (options.refuseAfterwards === true && state.cuts > 0) client.destroy();
    client.on('data', (chunk) => {
      upstream.write(chunk);
      const commits = chunk.toString('latin1').match(/INSERT INTO supabase_migrations[\s\S]*?COMMIT/g) ?? [];
      state.commits += commits.length;
      if (state.cuts > 0 || commits.length === 0 || state.commits < (options.commit ?? 1)) return;
      state.cuts++;
      upstream.removeAllListeners('data');
      // The server has committed when it answers; what it answers reaches nobody.
      upstream.once('data', () => setTimeout(() => client.destroy(), options.lateMs ?? 0));
    });
    upstream.on('data', (chunk) => client.write(chunk));
    client.on('close', () => setTimeout(() => upstream.destroy(), 100));
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  state.port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    get cuts() {
      return state.cuts;
    },
    port: state.port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('applyMigrations', installed ? {} : { skip: 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let admin: DatabaseConnection;
  let counter = 0;

  before(async () => {
    cluster = await startCluster();
    admin = await connect(cluster.url, { applicationName: 'test' });
  });
  after(async () => {
    await admin?.close();
    await cluster?.stop();
  });

  /** An empty database of its own for one test. */
  async function database(): Promise<string> {
    const name = `case${++counter}`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  async function apply(url: string, pending: MigrationFile[], more: Partial<ApplyOptions> = {}) {
    const session = await openMigrationSession(url);
    try {
      return await applyMigrations(session, { pending, applied: await session.history(), pauseMs: 10, ...more });
    } finally {
      await session.close();
    }
  }
  async function rows<Row extends object>(url: string, sql: string): Promise<Row[]> {
    const connection = await connect(url, { applicationName: 'test' });
    try {
      return await connection.query<Row>(sql);
    } finally {
      await connection.close();
    }
  }
  const history = (url: string) =>
    rows<{ version: string; name: string; statements: string[] }>(
      url,
      'SELECT version, name, statements FROM supabase_migrations.schema_migrations ORDER BY version',
    );

  test('writes the history as the Supabase CLI does, quotes and backslashes included', async () => {
    const url = await database();
    const sql = `-- why\ncreate table t (a text default 'x;''y');\nset standard_conforming_strings = on;\ninsert into t values ('a\\\\b');`;
    const outcome = await apply(
      url,
      files(sql, 'select set_config($$search_path$$, $$$$, false)', 'create table u (a int)'),
    );
    assert.deepEqual([outcome.outcome, outcome.applied.map((file) => file.version)], ['applied', ['1', '2', '3']]);
    const [first] = await history(url);
    assert.deepEqual(first, {
      version: '1',
      name: 'n1',
      statements: [
        `-- why\ncreate table t (a text default 'x;''y')`,
        'set standard_conforming_strings = on',
        `insert into t values ('a\\\\b')`,
      ],
    });
    // The search path that file 2 emptied does not reach file 3.
    assert.equal(
      (await rows(url, `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = 'u'`)).length,
      1,
    );
  });

  test('an encoding that a file sets does not garble the next one', async () => {
    const url = await database();
    const outcome = await apply(
      url,
      files(
        `create table t (v text); set client_encoding = 'LATIN1'`,
        `insert into t values ('é'); commit; set client_encoding = 'WIN1252'; commit; insert into t values ('ü')`,
      ),
    );
    assert.equal(outcome.outcome, 'applied', outcome.failure?.message);
    assert.deepEqual(await rows(url, 'SELECT v FROM t'), [{ v: 'é' }, { v: 'ü' }]);
  });

  test('in a file with BEGIN and COMMIT of its own the statement that failed is named, not the one before it', async () => {
    const url = await database();
    const outcome = await apply(url, files('begin;\ncreate table t (v int);\n\nselect 1 / 0;\ncommit;'));
    assert.deepEqual([outcome.failure?.line, outcome.failure?.statement], [4, 'select $1 / $2']);
    const named = await apply(url, files('begin;\ncreate table t (v int);\n\nselect nope from t;\ncommit;'));
    assert.deepEqual([named.failure?.line, named.failure?.statement], [4, 'select nope from t']);
  });

  test('a file that runs and cannot be recorded or committed says so, and nothing of it stays', async () => {
    const url = await database();
    for (const sql of [
      'create table t (v int); set transaction read only',
      'drop table supabase_migrations.schema_migrations',
      'create table k (id int primary key); create table r (id int references k initially deferred); insert into r values (7)',
    ]) {
      const outcome = await apply(url, files(sql));
      assert.equal(outcome.outcome, 'failed', sql);
      assert.match(
        outcome.failure?.message ?? '',
        /^its statements ran, and then it could not be recorded or committed: /,
      );
      assert.equal(outcome.failure?.statement, undefined);
    }
    assert.deepEqual(await history(url), []);
  });

  test('a file that takes away the right to read the history is not said to be undone', async () => {
    const url = new URL(await database());
    await rows(
      url.href,
      `CREATE ROLE reading LOGIN; DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO reading', current_database()); END $$`,
    );
    url.username = 'reading';
    const outcome = await apply(
      url.href,
      files('create table t (v int); revoke select on supabase_migrations.schema_migrations from current_user'),
    );
    assert.deepEqual([outcome.outcome, outcome.failure?.reasonCode], ['failed', 'not_recorded']);
    assert.match(
      outcome.failure?.message ?? '',
      /^it was committed, and the history could not be read back: permission denied/,
    );
    assert.equal((await rows(url.href, 'SELECT FROM pg_class WHERE oid = to_regclass($$t$$)')).length, 1);
  });

  test('a history that cannot be written is said with the next step, without what code of the database says', async () => {
    const url = await database();
    await rows(
      url,
      `CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'canary'; END $$;
       CREATE EVENT TRIGGER no ON ddl_command_start EXECUTE FUNCTION no()`,
    );
    await assert.rejects(apply(url, files('select 1')), /not ready to be written \(SQLSTATE P0001\): .*withheld/);
    await rows(url, 'DROP EVENT TRIGGER no');
    await apply(url, files('select 1'));
    await rows(
      url,
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$`,
    );
    await assert.rejects(apply(url, files('select 1', 'select 2')), /SQLSTATE 25006.*database-doctor/);
  });

  test('a failure in the second file keeps the first, undoes the second whole and lists the rest', async () => {
    const url = await database();
    const bad = `create table b (id int);\n\ninsert into a values ('canary');\ncreate table c (id int);`;
    const outcome = await apply(url, files('create table a (id int)', bad, 'create table d (id int)'));
    assert.equal(outcome.outcome, 'failed');
    assert.deepEqual(
      outcome.applied.map((file) => file.file),
      ['1_n1.sql'],
    );
    assert.deepEqual(outcome.remaining, ['2_n2.sql', '3_n3.sql']);
    assert.equal(outcome.failure?.reasonCode, 'sql_error');
    assert.equal(outcome.failure?.line, 3);
    assert.equal(outcome.failure?.statement, 'insert into a values ($1)');
    assert.equal(outcome.failure?.sqlstate, '22P02');
    assert.doesNotMatch(JSON.stringify(outcome), /canary/);
    assert.equal((await rows(url, `SELECT 1 FROM pg_tables WHERE tablename = 'b'`)).length, 0);
    const again = await apply(url, files('', 'create table b (id int)', 'create table d (id int)').slice(1));
    assert.deepEqual([again.outcome, (await history(url)).length], ['applied', 3]);
  });

  test('of two migrators one waits, names the other, and finds nothing left', async () => {
    const url = await database();
    const first = await openMigrationSession(url);
    await assert.rejects(openMigrationSession(url, { lockWaitMs: 50, pollMs: 10 }), (error: MigrationLockTimeout) => {
      assert.ok(error instanceof MigrationLockTimeout);
      assert.match(
        error.message,
        new RegExp(`session ${first.connection.processId} \\(ops-actions migrate as postgres, connected for`),
      );
      return true;
    });
    const waiting = openMigrationSession(url, { pollMs: 10 });
    await applyMigrations(first, { pending: files('create table a (id int)'), applied: [] });
    await first.close();
    const second = await waiting;
    assert.deepEqual(await second.history(), ['1']);
    await second.close();
  });

  test('a lock that is not to be had names its holder after bounded attempts', async () => {
    const url = await database();
    await apply(url, files('create table a (id int)'));
    const holder = await connect(url, { applicationName: 'nightly report' });
    await holder.query(`BEGIN; SELECT count(*) FROM a WHERE id::text <> 'Jane Roe'`);
    const lines: string[] = [];
    const pending = files('', 'alter table a add column b int').slice(1);
    const outcome = await apply(url, pending, { lockTimeoutMs: 300, attempts: 2, log: (line) => lines.push(line) });
    assert.equal(outcome.failure?.reasonCode, 'lock_timeout');
    assert.equal(outcome.failure?.attempts, 2);
    assert.match(
      outcome.failure?.message ?? '',
      /in the way: session \d+ \(nightly report as postgres, in a transaction for \d+ s\)/,
    );
    // Its statement without the values of anybody's row (S29), and not in the words that reach issues and chats (S23).
    const statement = 'BEGIN; SELECT count(*) FROM a WHERE id::text <> $1';
    const { processId: pid } = holder;
    assert.deepEqual(
      outcome.failure?.blockers.map((one) => [one.pid, one.user, one.statement]),
      [[pid, 'postgres', statement]],
    );
    assert.ok(
      lines.some((line) => line.startsWith('waiting for a lock that session') && line.includes(`${pid}: ${statement}`)),
      lines.join('\n'),
    );
    assert.doesNotMatch(outcome.failure?.message ?? '', /SELECT/);
    await holder.close();
    assert.equal((await apply(url, pending)).outcome, 'applied');
  });

  test('a lock that comes free in time is waited for', async () => {
    const url = await database();
    await apply(url, files('create table a (id int)'));
    const holder = await connect(url, { applicationName: 'short report' });
    await holder.query('BEGIN; LOCK TABLE a IN ACCESS SHARE MODE');
    let freed: Promise<void> | undefined;
    const outcome = await apply(url, files('', 'alter table a add column b int').slice(1), {
      lockTimeoutMs: 150,
      attempts: 20,
      log: (line) => {
        if (line.includes('lock timeout; trying again')) freed ??= holder.close();
      },
    });
    await (freed ?? assert.fail('the lock was not waited for'));
    assert.equal(outcome.outcome, 'applied');
  });

  test('a statement timeout ends the file and is not tried again', async () => {
    const outcome = await apply(await database(), files('select pg_sleep(5)'), { statementTimeoutMs: 50 });
    assert.deepEqual([outcome.failure?.reasonCode, outcome.failure?.attempts], ['statement_timeout', 1]);
  });

  test('a history that another tool changed is noticed inside the transaction', async () => {
    const url = await database();
    const session = await openMigrationSession(url);
    await applyMigrations(session, { pending: files('create table a (id int)'), applied: [] });
    await rows(url, `INSERT INTO supabase_migrations.schema_migrations (version) VALUES ('2')`);
    const outcome = await applyMigrations(session, {
      pending: files('', '', 'create table c (id int)').slice(2),
      applied: ['1'],
    });
    await session.close();
    assert.equal(outcome.failure?.reasonCode, 'history_changed');
    assert.match(outcome.failure?.message ?? '', /added: 2/);
    assert.equal((await rows(url, `SELECT 1 FROM pg_tables WHERE tablename = 'c'`)).length, 0);
  });

  test('a connection that dies before COMMIT is tried again on a new one', async () => {
    const url = await database();
    const session = await openMigrationSession(url);
    const { processId } = session.connection;
    await rows(url, 'CREATE TABLE sleeps AS SELECT 60 AS seconds');
    const killed = untilRows(url, `SELECT FROM pg_stat_activity WHERE pid = ${processId} AND wait_event = 'PgSleep'`)
      .then(() => rows(url, 'DELETE FROM sleeps'))
      .then(() => admin.query('SELECT pg_terminate_backend($1)', [processId]));
    const outcome = await applyMigrations(session, {
      pending: files('create table a (id int); select pg_sleep(seconds) from sleeps'),
      applied: [],
      pauseMs: 10,
    });
    await killed;
    assert.equal(outcome.outcome, 'applied');
    assert.notEqual(session.connection.processId, processId);
    await session.close();
    assert.equal((await history(url)).length, 1);
  });

  test('a connection cut right after COMMIT left: the history decides', async () => {
    const url = new URL(await database());
    const proxy = await cutAfterCommit(`${cluster.socketDirectory}/.s.PGSQL.${cluster.port}`);
    url.searchParams.delete('host');
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const lines: string[] = [];
    const outcome = await apply(url.href, files('create table a (id int)', 'create table b (id int)'), {
      log: (line) => lines.push(line),
    });
    await proxy.close();
    assert.equal(outcome.outcome, 'applied');
    assert.equal(proxy.cuts, 1);
    assert.ok(lines.includes('the connection was lost while 1_n1.sql was committed; the history says it is done'));
  });

  for (const [commit, count] of [
    [1, 3],
    [3, 6],
    [4, 6],
  ] as const) {
    test(`answers lost together from file ${commit} on: each of ${count} files is applied once`, async () => {
      const url = new URL(await database());
      const proxy = await cutAfterCommit(`${cluster.socketDirectory}/.s.PGSQL.${cluster.port}`, {
        lateMs: 200,
        commit,
      });
      url.searchParams.delete('host');
      url.hostname = '127.0.0.1';
      url.port = String(proxy.port);
      const pending = files(...Array.from({ length: count }, (_, index) => `create table t${index} ()`));
      const outcome = await apply(url.href, pending);
      await proxy.close();
      assert.deepEqual([outcome.outcome, outcome.failure?.message], ['applied', undefined]);
      assert.deepEqual(
        outcome.applied.map(({ version }) => version),
        pending.map(({ version }) => version),
      );
      assert.equal(proxy.cuts, 1);
    });
  }

  test('a server that stays away after COMMIT left leaves the outcome unknown, and says so', async () => {
    const url = new URL(await database());
    const proxy = await cutAfterCommit(`${cluster.socketDirectory}/.s.PGSQL.${cluster.port}`, {
      refuseAfterwards: true,
    });
    url.searchParams.delete('host');
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const outcome = await apply(url.href, files('create table a (id int)'));
    await proxy.close();
    assert.deepEqual([outcome.outcome, outcome.failure?.reasonCode], ['unknown', 'outcome_unknown']);
    assert.match(outcome.failure?.message ?? '', /whether 1_n1\.sql is applied is not known; run again/);
  });

  test('PostgREST is told to reload once, with the last file', async () => {
    const url = await database();
    const listener = new pg.Client({ host: cluster.socketDirectory, user: 'postgres', database: `case${counter}` });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', (message) => heard.push(`${message.channel}: ${message.payload}`));
    await listener.query('LISTEN pgrst');
    await apply(url, files('create table a (id int)', 'create table b (id int)'));
    await listener.query('SELECT 1');
    await listener.end();
    assert.deepEqual(heard, ['pgrst: reload schema']);
  });

  describe('concurrent index', () => {
    const table = 'create table a (id int, t text); insert into a select 1, g::text from generate_series(1, 20) g';
    const index = (sql: string) => files('', sql).slice(1);
    const valid = (url: string) =>
      rows<{ valid: boolean }>(url, `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'i'::regclass`);

    test('is built outside a transaction and recorded', async () => {
      const url = await database();
      await apply(url, files(table));
      const outcome = await apply(url, index('create index concurrently i on a (t) where id > 0;'), {
        lockTimeoutMs: 1,
      });
      assert.equal(outcome.outcome, 'applied');
      assert.deepEqual(await valid(url), [{ valid: true }]);
      assert.equal((await history(url)).length, 2);
    });

    test('that fails leaves no invalid index and is not recorded', async () => {
      const url = await database();
      await apply(url, files(table));
      const outcome = await apply(url, index('create unique index concurrently i on a (id)'));
      assert.deepEqual([outcome.failure?.reasonCode, outcome.failure?.sqlstate], ['sql_error', '23505']);
      assert.equal((await rows(url, `SELECT 1 FROM pg_class WHERE relname = 'i'`)).length, 0);
      assert.equal((await history(url)).length, 1);
    });

    test('left invalid by an interrupted run is dropped and built anew, also with IF NOT EXISTS', async () => {
      const url = await database();
      await apply(url, files(table));
      await rows(url, 'CREATE INDEX i ON a (t)');
      await rows(url, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass`);
      const outcome = await apply(url, index('create index concurrently if not exists i on public.a (t)'));
      assert.equal(outcome.outcome, 'applied');
      assert.deepEqual(await valid(url), [{ valid: true }]);
    });

    test('that an interrupted run finished is recorded; another one of that name is refused', async () => {
      const url = await database();
      await apply(url, files(table));
      await rows(url, 'CREATE INDEX i ON a (t DESC)');
      const other = await apply(url, index('create index concurrently i on a (id)'));
      assert.equal(other.failure?.reasonCode, 'index_exists');
      assert.equal((await apply(url, index('create index concurrently i on a (t desc)'))).outcome, 'applied');
    });
  });
});
