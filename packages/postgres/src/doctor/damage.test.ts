import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { checkIntegrity } from '../check-integrity.ts';
import { connect, type DatabaseConnection } from '../connection.ts';
import { findDamage } from './find-damage.ts';
import { judgeDamage } from './judge-damage.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('damaged data (DBD-19)', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let connection: DatabaseConnection;
  before(async () => {
    cluster = await startCluster();
    const url = await createDatabase(
      cluster,
      `CREATE TABLE tasks (id int PRIMARY KEY, owner text, total int);
       CREATE TABLE audit_log (task int, action text, detail text, created_at timestamptz);
       INSERT INTO tasks SELECT n, 'anna', n FROM generate_series(1, 100) n;
       -- A job that went wrong: twelve owners gone, noted in the audit log; three totals below zero that nobody noted.
       UPDATE tasks SET owner = NULL WHERE id <= 12;
       INSERT INTO audit_log SELECT n, 'owner_removed', 'canary-' || n, '2026-03-01 10:00:00+00'::timestamptz + n * interval '1 minute'
         FROM generate_series(1, 12) n;
       INSERT INTO audit_log VALUES (50, 'title_changed', 'canary', '2026-02-01 00:00:00+00');
       UPDATE tasks SET total = -1 WHERE id BETWEEN 20 AND 22;`,
    );
    connection = await connect(url, { applicationName: 'ops-actions database-doctor' });
    await connection.query("SET search_path = ''");
  });
  after(async () => {
    await connection?.close();
    await cluster?.stop();
  });

  const limits = { eachMs: 5_000, allMs: 60_000 };
  const removed = {
    name: 'owner-removed',
    sql: "SELECT task, created_at AS at, detail FROM audit_log WHERE action = 'owner_removed'",
  };
  const below = { name: 'below-zero', sql: 'SELECT id, total FROM tasks WHERE total < 0' };
  const orphans = { name: 'orphans', sql: 'SELECT id FROM tasks WHERE owner IS NULL AND id > 90' };

  test('a role from which row security hides the damage is told so, and finds no "no damage"', async () => {
    await connection.query(`CREATE ROLE reader; GRANT reader TO CURRENT_USER; GRANT SELECT ON public.tasks TO reader;
      ALTER TABLE public.tasks ENABLE ROW LEVEL SECURITY; SET ROLE reader`);
    try {
      assert.deepEqual(await findDamage(connection, [below], limits), [{ name: 'below-zero', failed: '42501' }]);
      const asked = { tables: [], queries: [below], timeoutMs: 5_000 };
      await connection.query('SET search_path TO DEFAULT');
      assert.deepEqual((await checkIntegrity(connection, asked)).passed, ['below-zero: nothing found']);
      assert.deepEqual((await checkIntegrity(connection, { ...asked, everyRow: true })).faults, [
        'below-zero: cannot be checked (SQLSTATE 42501)',
      ]);
    } finally {
      await connection.query("RESET ROLE; SET search_path = ''; ALTER TABLE public.tasks DISABLE ROW LEVEL SECURITY");
    }
  });

  test('what comes after the time of all queries is not asked, and not known', async () => {
    const slow = { name: 'slow', sql: 'SELECT 1 WHERE pg_sleep(30) IS NULL' };
    const began = performance.now();
    const damage = await findDamage(connection, [below, slow, below], { eachMs: 5_000, allMs: 800 });
    assert.deepEqual(damage, [
      { name: 'below-zero', rows: 3 },
      { name: 'slow', failed: '57014' },
      { name: 'below-zero', failed: '57014' },
    ]);
    assert.ok(performance.now() - began < 20_000);
  });

  test('times that are none are left out: the damaged rows are counted all the same', async () => {
    const sql = (times: string) => `SELECT x::timestamptz AS at FROM unnest(ARRAY[${times}]) AS x`;
    const damage = await findDamage(
      connection,
      [
        { name: 'some', sql: sql(`'-infinity', 'infinity', '200000-01-01', NULL, '2026-03-01 10:00:00+00'`) },
        { name: 'none', sql: sql(`'-infinity', '294000-01-01'`) },
      ],
      limits,
    );
    const first = Date.parse('2026-03-01T10:00:00Z') / 1000;
    assert.deepEqual(damage, [
      { name: 'some', rows: 5, first },
      { name: 'none', rows: 2 },
    ]);
    const { scope } = judgeDamage(damage, { environment: 'production', everybodyReads: false });
    assert.deepEqual(scope, { rows: 7, first });
  });

  test('rows with entries in the audit log are counted, the first time is found, and the restore before it is offered', async () => {
    const damage = await findDamage(connection, [removed, below, orphans], limits);
    const first = Date.parse('2026-03-01T10:01:00Z') / 1000;
    assert.deepEqual(damage, [
      { name: 'owner-removed', rows: 12, first },
      { name: 'below-zero', rows: 3 },
      { name: 'orphans', rows: 0 },
    ]);
    const { findings, scope, restore } = judgeDamage(damage, { environment: 'production', everybodyReads: false });
    assert.deepEqual(scope, { rows: 15, first });
    const command =
      'node bin/ops-actions.js run actions/restore --input environment=production --input before=2026-03-01T10:01:00.000Z';
    assert.equal(restore, command);
    assert.deepEqual(
      findings.map(({ severity, code, message }) => [severity, code, message]),
      [
        [
          'critical',
          'data_damaged',
          '15 damaged rows, the first at 2026-03-01T10:01:00.000Z (owner-removed 12 since 2026-03-01T10:01:00.000Z; below-zero 3)',
        ],
      ],
    );
    assert.ok(findings[0]?.next.endsWith(command));
    assert.ok(!JSON.stringify({ damage, findings }).includes('canary'), 'a value of a row is shown');
    const shown = judgeDamage(damage, { environment: 'production', everybodyReads: true }).findings[0]?.message;
    assert.equal(shown, '15 damaged rows, the first at 2026-03-01T10:01:00.000Z');
  });

  test('a query that fails is not known and never no damage; one that writes changes nothing', async () => {
    const wrong = { name: 'wrong', sql: 'SELECT id FROM task' };
    const sly = { name: 'sly', sql: "SELECT pg_catalog.setval('s', 1)" };
    const damage = await findDamage(connection, [wrong, sly, orphans], limits);
    assert.deepEqual(
      damage.map((each) => ('failed' in each ? each.failed : each.rows)),
      ['42P01', '42P01', 0],
    );
    const { findings, restore } = judgeDamage(damage, { environment: undefined, everybodyReads: false });
    assert.deepEqual(
      findings.map(({ severity, code }) => [severity, code]),
      [
        ['warning', 'damage_not_checked'],
        ['warning', 'damage_not_checked'],
      ],
    );
    assert.equal(restore, undefined);
  });

  test('without damage nothing is found, and damage without a time says what is missing', () => {
    const about = { environment: undefined, everybodyReads: false };
    assert.deepEqual(judgeDamage([{ name: 'a', rows: 0 }], about).findings, []);
    const [finding] = judgeDamage([{ name: 'a', rows: 2 }], about).findings;
    assert.match(finding?.message ?? '', /2 damaged rows, nobody told since when/);
  });
});
