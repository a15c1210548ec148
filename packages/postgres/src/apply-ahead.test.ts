import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { query, untilRows } from '#backup/test-database';
import { applyMigrations } from './apply-migrations.ts';
import { connect, type DatabaseConnection } from './connection.ts';
import { type MigrationSession, openMigrationSession } from './migration-session.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('a file sent ahead of its turn', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
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

  /** Applies texts on an empty database; `disturb` is given its address and the session's backend. */
  async function apply(
    texts: readonly string[],
    disturb?: (url: string, processId: number) => Promise<{ heard?: (line: string) => void; end(): Promise<unknown> }>,
    { cancel = false, ask }: { cancel?: boolean; ask?: (session: MigrationSession) => () => void } = {},
  ) {
    const name = `ahead${++counter}`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = Object.assign(new URL(cluster.url), { pathname: `/${name}` }).href;
    const pending = texts.map((sql, index) => {
      const version = `${index + 1}`;
      return { version, name: `n${version}`, file: `${version}_n${version}.sql`, sql };
    });
    const lines: string[] = [];
    const cancelling = new AbortController();
    const session = await openMigrationSession(url);
    const disturbance = await disturb?.(url, session.connection.processId);
    try {
      const outcome = await applyMigrations(session, {
        pending,
        applied: [],
        lockTimeoutMs: 300,
        attempts: 20,
        pauseMs: 10,
        log: (line) => {
          lines.push(line);
          disturbance?.heard?.(line);
          if (cancel) cancelling.abort();
        },
        signal: cancelling.signal,
        ...(ask && { lastSent: ask(session) }),
      }).catch((error: Error) => error);
      return { outcome, lines, history: await session.history() };
    } finally {
      await disturbance?.end();
      await session.close();
    }
  }

  const failing: [string, string][] = [
    ['at its first statement', 'SELECT 1 / 0'],
    ['while it is read', 'CREATE TABLE broken (id int'],
    [
      'at COMMIT',
      'CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1, 2)',
    ],
  ];
  for (const [when, sql] of failing) {
    test(`does nothing when the file in front fails ${when}`, async () => {
      const { outcome, history } = await apply(['CREATE TABLE a ()', sql, 'CREATE TABLE c ()', 'CREATE TABLE d ()']);
      assert.ok(!(outcome instanceof Error));
      assert.deepEqual([outcome.outcome, outcome.failure?.file], ['failed', '2_n2.sql']);
      assert.notEqual(outcome.failure?.reasonCode, 'history_changed');
      assert.deepEqual(outcome.remaining, ['2_n2.sql', '3_n3.sql', '4_n4.sql']);
      assert.deepEqual(history, ['1']);
    });
  }

  test('is sent again when the file in front had to wait for a lock and was tried again', async () => {
    const { outcome, lines, history } = await apply(
      ['CREATE TABLE a ()', 'ALTER TABLE shared ADD COLUMN b int', 'CREATE TABLE c ()', 'CREATE TABLE d ()'],
      async (url) => {
        const holder = await connect(url, { applicationName: 'short report' });
        await holder.query('CREATE TABLE shared ()');
        await holder.query('BEGIN; LOCK TABLE shared IN ACCESS SHARE MODE');
        let freed: Promise<void> | undefined;
        const end = () => (freed ??= holder.close());
        return { heard: (line) => void (line.includes('lock timeout; trying again') && end()), end };
      },
    );
    assert.ok(!(outcome instanceof Error));
    assert.equal(outcome.outcome, 'applied');
    assert.ok(lines.some((line) => /^2_n2\.sql: .*lock timeout; trying again/.test(line)));
    assert.deepEqual(history, ['1', '2', '3', '4']);
  });

  test('is applied once when the session dies under the file in front', async () => {
    const { outcome, history } = await apply(
      [
        'CREATE TABLE a ()',
        'CREATE TABLE b (); SELECT pg_sleep(seconds) FROM sleeps',
        'CREATE TABLE c ()',
        'CREATE TABLE d ()',
      ],
      async (url, processId) => {
        await query(url, 'CREATE TABLE sleeps AS SELECT 60 AS seconds');
        const sleeping = `SELECT FROM pg_stat_activity WHERE pid = ${processId} AND wait_event = 'PgSleep'`;
        const killed = untilRows(url, sleeping)
          .then(() => query(url, 'DELETE FROM sleeps'))
          .then(() => admin.query('SELECT pg_terminate_backend($1)', [processId]));
        return { end: () => killed };
      },
    );
    assert.ok(!(outcome instanceof Error));
    assert.equal(outcome.outcome, 'applied');
    assert.deepEqual(history, ['1', '2', '3', '4']);
  });

  test('says which statement of which file failed, though another answer was on its way', async () => {
    const { outcome } = await apply([
      'CREATE TABLE a (); CREATE TABLE a2 ()',
      'CREATE TABLE b ();\nCREATE TABLE b2 ();\nSELECT 1 / 0;',
    ]);
    assert.ok(!(outcome instanceof Error));
    assert.deepEqual(
      [outcome.failure?.file, outcome.failure?.line, outcome.failure?.statement],
      ['2_n2.sql', 3, 'SELECT $1 / $2'],
    );
  });

  test('of which the last one takes a question along, which is answered behind its COMMIT', async () => {
    const asked: Promise<{ count: number }[]>[] = [];
    const ask = (session: MigrationSession) => () => {
      asked.push(session.connection.query('SELECT count(*)::int AS count FROM supabase_migrations.schema_migrations'));
    };
    const { outcome } = await apply(['CREATE TABLE a ()', 'CREATE TABLE b ()', 'CREATE TABLE c ()'], undefined, {
      ask,
    });
    assert.ok(!(outcome instanceof Error));
    assert.deepEqual(await Promise.all(asked), [[{ count: 3 }]]);
  });

  test('is waited for when the run is cancelled, and nothing is sent after it', async () => {
    const { outcome, lines, history } = await apply(
      ['CREATE TABLE a ()', 'CREATE TABLE b ()', 'CREATE TABLE c ()'],
      undefined,
      { cancel: true },
    );
    assert.ok(outcome instanceof Error);
    assert.deepEqual(history, ['1', '2']);
    assert.equal(lines.filter((line) => line.startsWith('applied ')).length, 2);
  });
});
