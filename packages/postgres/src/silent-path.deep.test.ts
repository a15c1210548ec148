import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { applyMigrations } from './apply-migrations.ts';
import { connect } from './connection.ts';
import { type PassingBytes, startFaultProxy } from './fault-proxy.ts';
import { openMigrationSession } from './migration-session.ts';
import { type MigrationFile, readMigrations } from './read-migrations.ts';

// S28: a path that goes silent, as a proxy or a firewall that has forgotten the connection does. The sockets stay open.

const installed = (await listPostgres()).some((found) => found.server);
/** A look after a second of silence, and again: what takes half a minute to a minute with the standard. */
const quick = { quietMs: 1_000, connectTimeoutMs: 2_000 };
/** The standard waits fifteen times as long. */
const boundMs = 40_000;

const sqlOf = {
  first: 'create table first (id int);\ninsert into done values (1);\n',
  slow: 'create table slow (id int);\nselect pg_sleep(2.5);\ninsert into done values (2);\n',
  // Longer than what is sent ahead of its turn, so that it goes when the file before it was answered.
  last: `create table last (id int);\ninsert into done values (3);\n-- ${'x'.repeat(45_000)}\n`,
};

describe('a path that goes silent', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let files: MigrationFile[];
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'silent-path-'));
    for (const [index, [name, sql]] of Object.entries(sqlOf).entries())
      await writeFile(join(folder, `${20260101000001 + index}_${name}.sql`), sql);
    ({ files } = await readMigrations(folder));
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function apply(url: string, log: string[]) {
    const session = await openMigrationSession(url, quick);
    try {
      const applied = await session.history();
      const pending = files.filter(({ version }) => !applied.includes(version));
      return await applyMigrations(session, { pending, applied, pauseMs: 50, log: (line) => log.push(line) });
    } finally {
      await session.close();
    }
  }

  /** Each file is in the history exactly when its row is there, once; the files that are. */
  async function whole(url: string): Promise<string[]> {
    const rows = await query<{ id: number }>(url, 'SELECT id FROM done ORDER BY id');
    const history = await query<{ name: string }>(
      url,
      'SELECT name FROM supabase_migrations.schema_migrations ORDER BY version',
    ).catch(() => []);
    const names = Object.keys(sqlOf);
    assert.deepEqual(
      rows.map(({ id }) => names[id - 1]),
      history.map(({ name }) => name),
    );
    return history.map(({ name }) => name);
  }

  type Fault = Parameters<typeof startFaultProxy>[1];
  async function through(fault: Fault, body: (direct: string, url: string, log: string[]) => Promise<void>) {
    const direct = await createDatabase(cluster, 'CREATE TABLE done (id int)');
    const proxy = await startFaultProxy(cluster.port, fault);
    const url = new URL(direct);
    url.port = `${proxy.port}`;
    const started = performance.now();
    try {
      await body(direct, url.href, []);
      assert.ok(proxy.broken, 'the path was never broken');
      assert.ok(performance.now() - started < boundMs, 'it did not end within its time');
    } finally {
      proxy.close();
    }
  }

  /** Once, at the first bytes of the client that carry this text. */
  function at(text: string, kind: ReturnType<Fault>): Fault {
    let over = false;
    return ({ from, bytes }: PassingBytes) => {
      if (over || from !== 'client' || !bytes.includes(text)) return undefined;
      over = true;
      return kind;
    };
  }

  /** Once, at the first bytes of the server behind that text of the client: the answer to it. */
  function atAnswer(text: string, kind: ReturnType<Fault>): Fault {
    let asked = false;
    let over = false;
    return ({ from, bytes }: PassingBytes) => {
      if (from === 'client') asked ||= bytes.includes(text);
      if (!asked || over || from === 'client') return undefined;
      over = true;
      return kind;
    };
  }

  test('one that takes the connection and never answers is unreachable', async () => {
    await through(
      () => 'silence-all',
      async (direct, url, log) => {
        await assert.rejects(apply(url, log), { name: 'DatabaseUnreachable', message: /no answer within 2\.0 s/ });
        assert.deepEqual(await whole(direct), []);
      },
    );
  });

  test('one that goes silent behind the greeting is unreachable, too', async () => {
    await through(at('statement_timeout', 'silence-all'), async (_direct, url, log) => {
      await assert.rejects(apply(url, log), { name: 'DatabaseUnreachable', message: /no answer within/ });
    });
  });

  test('before the history is read it is said by its name, and nothing was changed', async () => {
    await through(at('schema_migrations', 'silence-all'), async (direct, url, log) => {
      await assert.rejects(apply(url, log), { name: 'ConnectionSilent', reasonCode: 'connection_silent' });
      assert.deepEqual(await whole(direct), []);
    });
  });

  test('a statement that never arrived is sent again over a new connection', async () => {
    await through(at('create table slow', 'silence'), async (direct, url, log) => {
      const { outcome, failure } = await apply(url, log);
      assert.equal(outcome, 'applied', failure?.message);
      assert.match(log.join('\n'), /slow\.sql: the connection fell silent.*works on nothing for it.*; trying again/);
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('where the answer to COMMIT is lost the history says that it is done, and nothing runs twice', async () => {
    await through(at('create table slow', { after: 'silence' }), async (direct, url, log) => {
      const { outcome, failure } = await apply(url, log);
      assert.equal(outcome, 'applied', failure?.message);
      assert.match(log.join('\n'), /lost while 20260101000002_slow\.sql was committed; the history says it is done/);
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('where nothing gets through any more a file in COMMIT is unknown, and the next run reads the history', async () => {
    await through(at('create table last', { after: 'silence-all' }), async (direct, url, log) => {
      const { outcome, failure, applied, remaining } = await apply(url, log);
      assert.deepEqual([outcome, failure?.reasonCode, remaining], ['unknown', 'outcome_unknown', [files[2]?.file]]);
      assert.deepEqual(
        applied.map(({ file }) => file),
        [files[0]?.file, files[1]?.file],
      );
      assert.match(
        failure?.message ?? '',
        /fell silent.*not answered either.*whether .*last\.sql is applied is not known/,
      );
      // Behind the proxy the server still has the session, and its lock with it: what its own limit ends in a minute and a half.
      const left = await query(direct, `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted`);
      assert.equal(left.length, 1);
      await query(direct, `SELECT pg_terminate_backend(${left[0]?.pid})`);
      const again = await apply(direct, []);
      assert.equal(again.outcome, 'applied', again.failure?.message);
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('the server ends a session that it hears nothing of, also after the settings of a file were reset', async () => {
    const session = await openMigrationSession(await createDatabase(cluster, 'CREATE TABLE done (id int)'), quick);
    const limit = async () => await session.connection.query('SHOW idle_session_timeout');
    try {
      assert.deepEqual(await limit(), [{ idle_session_timeout: '90s' }]);
      const outcome = await applyMigrations(session, { pending: files, applied: [] });
      assert.equal(outcome.outcome, 'applied', outcome.failure?.message);
      assert.deepEqual(await limit(), [{ idle_session_timeout: '90s' }]);
    } finally {
      await session.close();
    }
  });

  test('between two files: the first stays, the second is sent again', async () => {
    await through(at('create table last', 'silence'), async (direct, url, log) => {
      const { outcome, failure } = await apply(url, log);
      assert.equal(outcome, 'applied', failure?.message);
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('the answer of a file that follows ahead of its turn is lost along with it', async () => {
    await through(atAnswer('create table first', 'silence'), async (direct, url, log) => {
      const { outcome, failure } = await apply(url, log);
      assert.equal(outcome, 'applied', failure?.message);
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('a statement that takes long is looked at, and left alone while the server works on it', async () => {
    const direct = await createDatabase(cluster, 'CREATE TABLE done (id int)');
    let looks = 0;
    const proxy = await startFaultProxy(cluster.port, ({ from, bytes }) => {
      if (from === 'client' && bytes.includes('ops-actions observer')) looks += 1;
      return undefined;
    });
    try {
      const url = new URL(direct);
      url.port = `${proxy.port}`;
      const connection = await connect(url.href, { applicationName: 'test', quietMs: 500 });
      const rows = await connection.query<{ n: number }>('SELECT 7 AS n FROM pg_sleep(5)');
      await connection.close();
      assert.deepEqual(rows, [{ n: 7 }]);
      assert.ok(looks >= 2, `looked ${looks} times`);
    } finally {
      proxy.close();
    }
  });

  test('a server that lets nobody else in is waited for', async () => {
    const alone = `CREATE ROLE one_at_a_time LOGIN PASSWORD 'alone' CONNECTION LIMIT 1`;
    const url = new URL(await createDatabase(cluster, alone));
    url.username = 'one_at_a_time';
    url.password = 'alone';
    const connection = await connect(url.href, { applicationName: 'test', quietMs: 500 });
    const rows = await connection.query<{ n: number }>('SELECT 7 AS n FROM pg_sleep(4)');
    await connection.close();
    assert.deepEqual(rows, [{ n: 7 }]);
  });

  test('a password that ended meanwhile is renewed for the look and for the way back in', async () => {
    await query(cluster.url, `CREATE ROLE short_lived SUPERUSER LOGIN PASSWORD 'first'`);
    const as = (text: string, password: string) => {
      const url = new URL(text);
      url.username = 'short_lived';
      url.password = password;
      return url.href;
    };
    await through(at('create table slow', 'silence'), async (direct, url, log) => {
      let renewals = 0;
      const session = await openMigrationSession(as(url, 'first'), {
        ...quick,
        async renewUrl() {
          renewals += 1;
          await query(cluster.url, `ALTER ROLE short_lived PASSWORD 'second'`);
          return as(url, 'second');
        },
      });
      try {
        await query(cluster.url, `ALTER ROLE short_lived PASSWORD 'ended'`);
        const { outcome, failure } = await applyMigrations(session, {
          ...{ pending: files, applied: [], pauseMs: 50 },
          log: (line) => log.push(line),
        });
        assert.equal(outcome, 'applied', failure?.message);
        assert.match(log.join('\n'), /slow\.sql: the connection fell silent.*works on nothing for it.*; trying again/);
        assert.deepEqual([renewals, session.url], [1, as(url, 'second')]);
      } finally {
        await session.close();
      }
      assert.deepEqual(await whole(direct), ['first', 'slow', 'last']);
    });
  });

  test('a session that idles takes its lock again at once, and tells where somebody else has it', async () => {
    const direct = await createDatabase(cluster, 'SELECT 1');
    let path: 'open' | 'cut' = 'open';
    const proxy = await startFaultProxy(cluster.port, () => (path === 'cut' ? 'cut' : undefined));
    const url = new URL(direct);
    url.port = `${proxy.port}`;
    const session = await openMigrationSession(url.href, { ...quick, pingMs: 200, lockWaitMs: 1_000 });
    const holders = async () => {
      const held = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      return (await query<{ pid: number }>(direct, held)).map(({ pid }) => pid);
    };
    const until = async (done: () => Promise<boolean> | boolean) => {
      for (let tries = 0; !(await done()); tries++) {
        assert.ok(tries < 600, 'it did not happen');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    try {
      const [first = 0] = await holders();
      await session.whileIdle(async (lockTaken) => {
        await query(direct, `SELECT pg_terminate_backend(${first})`);
        await until(async () => (await holders()).some((pid) => pid !== first));
        assert.equal(lockTaken.aborted, false);
      });
      assert.deepEqual(await holders(), [session.connection.processId]);
      const other = await connect(direct, { applicationName: 'another tool' });
      const stopped = session.whileIdle(async (lockTaken) => {
        path = 'cut';
        await until(async () => (await holders()).length === 0);
        await other.query('SELECT pg_advisory_lock(7303283, 1)');
        path = 'open';
        await until(() => lockTaken.aborted);
        throw lockTaken.reason;
      });
      await assert.rejects(stopped, {
        name: 'MigrationLockTaken',
        reasonCode: 'migration_lock_taken',
        message: /that held the migration lock was lost, and another migration is running: session \d+ \(another tool/,
      });
      await other.close();
    } finally {
      await session.close();
      proxy.close();
    }
  });
});
