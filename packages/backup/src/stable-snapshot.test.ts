import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { openSourceSnapshot } from './source-snapshot.ts';
import { beginStableSnapshot } from './stable-snapshot.ts';
import { createDatabase, query, untilRows } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('one consistent moment', installed ? {} : { skip: 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let folder: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'stable-snapshot-'));
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Runs `sql` over and over in a session of its own until the returned function is called; how often it ran. */
  function keepRunning(url: string, statements: readonly string[], pauseMs = 20): () => Promise<number> {
    let going = true;
    const running = (async () => {
      const session = await connect(url, { applicationName: 'app' });
      let turns = 0;
      while (going) {
        for (const statement of statements) {
          await session.query(statement);
          if (going) await pause(pauseMs);
        }
        turns++;
      }
      await session.close();
      return turns;
    })();
    return async () => {
      going = false;
      return await running;
    };
  }

  test('with writers, TRUNCATE, rewrites and new tables running, every committed state is whole', async () => {
    const url = await createDatabase(
      cluster,
      `CREATE TABLE swapped (id int, v text); INSERT INTO swapped SELECT g, repeat('x', 100) FROM generate_series(1, 500) g;
       CREATE TABLE rewritten (id int, v int); INSERT INTO rewritten SELECT g, g FROM generate_series(1, 2000) g;
       CREATE TABLE a (id int PRIMARY KEY, money int); CREATE TABLE b (id int PRIMARY KEY, money int);
       INSERT INTO a SELECT g, 100 FROM generate_series(1, 50) g; INSERT INTO b SELECT g, 100 FROM generate_series(1, 50) g;
       CREATE TABLE log (id bigserial PRIMARY KEY, at timestamptz DEFAULT now());`,
    );
    const refill = `INSERT INTO swapped SELECT g, md5(random()::text) FROM generate_series(1, 500) g`;
    const stops = [
      keepRunning(url, [`BEGIN; TRUNCATE swapped; ${refill}; COMMIT`], 700),
      keepRunning(
        url,
        [
          'VACUUM FULL rewritten',
          'ALTER TABLE rewritten ALTER v TYPE bigint',
          'ALTER TABLE rewritten ALTER v TYPE int',
        ],
        500,
      ),
      keepRunning(url, [
        `BEGIN; UPDATE a SET money = money - 1 WHERE id = 1 + floor(random() * 50); UPDATE b SET money = money + 1 WHERE id = 7; COMMIT`,
      ]),
      keepRunning(url, [`INSERT INTO log DEFAULT VALUES`]),
    ];
    try {
      const { recipient } = await createOneTimeKey();
      for (let turn = 0; turn < 3; turn++) {
        const { manifest } = await createBackup({
          url,
          name: `moving-${turn}`,
          destinations: [directoryDestination(folder)],
          recipients: [recipient],
          clock: systemClock,
        });
        assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
        const rows = Object.fromEntries(manifest.tables.map((table) => [table.name, table.rows]));
        assert.deepEqual([rows['public.swapped'], rows['public.rewritten']], [500, 2000]);
      }
    } finally {
      const turns = await Promise.all(stops.map((stop) => stop()));
      assert.ok(
        turns.every((count) => count >= 1),
        `${turns}`,
      );
    }
  });

  test('the rows that the snapshot shows are whole at the moment after a TRUNCATE that it waited for', async () => {
    const url = await createDatabase(cluster, 'CREATE TABLE t AS SELECT g FROM generate_series(1, 500) g');
    const other = await connect(url, { applicationName: 'app' });
    await other.query('BEGIN; TRUNCATE t; INSERT INTO t SELECT generate_series(1, 500)');
    const opening = openSourceSnapshot(url);
    await untilRows(cluster.url, "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'");
    await other.query('COMMIT');
    const source = await opening;
    assert.deepEqual(await source.connection.query('SELECT count(*)::int AS n FROM public.t'), [{ n: 500 }]);
    // And nobody can take the rows away from it while it is open.
    await other.query("SET lock_timeout = '50ms'");
    await assert.rejects(other.query('TRUNCATE t'), { code: '55P03' });
    await source.close();
    await other.close();
  });

  test('tables that come meanwhile make it start over; a lock that is not to be had is said', async () => {
    const url = await createDatabase(cluster, 'CREATE TABLE t (id int)');
    const other = await connect(url, { applicationName: 'app' });
    await other.query('BEGIN; CREATE TABLE late (id int); LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    const lines: string[] = [];
    const connection = await connect(url, { applicationName: 'test' });
    const beginning = beginStableSnapshot(connection, { lockTimeoutMs: 20_000, log: (line) => lines.push(line) });
    await untilRows(cluster.url, "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'");
    await other.query('COMMIT');
    await beginning;
    assert.match(lines.join('\n'), /starting over \(1 of 10\)/);
    const locked = await connection.query(
      `SELECT DISTINCT relation::regclass::text AS name FROM pg_locks WHERE pid = pg_backend_pid() AND relation > 16000 ORDER BY 1`,
    );
    assert.deepEqual(locked, [{ name: 'late' }, { name: 't' }]);
    await connection.query('ROLLBACK');
    await other.query('BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
    await assert.rejects(beginStableSnapshot(connection, { lockTimeoutMs: 100, log: () => {} }), {
      reasonCode: 'source_busy',
      message: /held exclusively by another session for more than 0.1 s/,
    });
    await connection.close();
    await other.close();
  });

  test('rows that row level security would hide are a refusal, not fewer rows', async () => {
    const url = await createDatabase(
      cluster,
      `CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
       CREATE POLICY visible ON t USING (id = 1);`,
    );
    await query(url, 'CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader');
    const reader = new URL(url);
    reader.username = 'reader';
    await assert.rejects(openSourceSnapshot(reader.href), {
      reasonCode: 'source_unreadable',
      message: /hides rows of public\.t from role reader.*ALTER ROLE reader BYPASSRLS/,
    });
    await query(url, 'ALTER ROLE reader BYPASSRLS');
    await (await openSourceSnapshot(reader.href)).close();
  });
});
