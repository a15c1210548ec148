import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { applyMigrations } from './apply-migrations.ts';
import { connect, type DatabaseConnection } from './connection.ts';
import { inspectDatabase } from './inspect-database.ts';
import { bootstrapMigrationHistory, recordMigration } from './migration-history.ts';
import { openMigrationSession } from './migration-session.ts';

const installed = (await listPostgres()).some((found) => found.server);

test('a look while another run applies the first file does not take its table for one without a history', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const cluster = await startCluster();
  const directory = await mkdtemp(join(tmpdir(), 'ops-actions-inspect-'));
  try {
    const file = { version: '20260101000000', name: 'a', file: '20260101000000_a.sql', sql: 'CREATE TABLE a ()' };
    await writeFile(join(directory, file.file), file.sql);
    const applyInBetween = async () => {
      const session = await openMigrationSession(cluster.url);
      await applyMigrations(session, { pending: [file], applied: [] }).finally(() => session.close());
    };
    const connection = await connect(cluster.url, { applicationName: 'test' });
    const found = await inspectDatabase(pausingAfterOne(connection, applyInBetween), directory, {});
    await connection.close();
    assert.deepEqual([found.findings, found.applied, found.plan.pending], [[], [file.version], []]);
  } finally {
    await rm(directory, { recursive: true });
    await cluster.stop();
  }
});

test('a second look concludes anew where the history, a table or the objects without a history changed since', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const cluster = await startCluster();
  const directory = await mkdtemp(join(tmpdir(), 'ops-actions-inspect-'));
  const connection = await connect(cluster.url, { applicationName: 'test' });
  try {
    await writeFile(join(directory, '1_a.sql'), 'CREATE TABLE a ()');
    await writeFile(join(directory, '2_b.sql'), 'ALTER TABLE notes ALTER COLUMN id TYPE bigint');
    const rulesAfter = async (change: string) => {
      if (change !== '') await connection.query(change);
      const last = look;
      look = await inspectDatabase(connection, directory, {}, last);
      return look === last ? 'the same' : look.findings.map(({ rule }) => rule);
    };
    let look = await inspectDatabase(connection, directory, {});
    assert.deepEqual([look.findings, await rulesAfter('')], [[], 'the same']);
    assert.deepEqual(await rulesAfter('CREATE TABLE notes (id int)'), ['needs-baseline', 'type-change']);
    assert.equal(await rulesAfter(''), 'the same');
    await bootstrapMigrationHistory(connection);
    const record = recordMigration({ version: '1', name: 'a', statements: ['CREATE TABLE a ()'] });
    assert.deepEqual(await rulesAfter(record), ['type-change']);
    assert.equal(await rulesAfter(''), 'the same');
    // Only the table is another one: there is nothing to rewrite any more.
    assert.deepEqual(await rulesAfter('ALTER TABLE notes ALTER COLUMN id TYPE bigint'), []);
    // Only the text in the history is another one.
    const edit = "UPDATE supabase_migrations.schema_migrations SET statements = '{CREATE TABLE other ()}'";
    assert.deepEqual(await rulesAfter(edit), ['edited']);
    assert.equal(await rulesAfter(''), 'the same');
  } finally {
    await connection.close();
    await rm(directory, { recursive: true });
    await cluster.stop();
  }
});

/** Does something when its first question was answered, before it asks the second. */
function pausingAfterOne(connection: DatabaseConnection, body: () => Promise<void>): DatabaseConnection {
  let before: Promise<unknown> | undefined;
  return {
    ...connection,
    query(sql, values) {
      const answer = (before ?? Promise.resolve()).then(() => connection.query(sql, values)) as never;
      before ??= Promise.resolve(answer).then(body);
      return answer;
    },
  };
}
