import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { runTool } from '#child-process/run-tool';
import { listMigrations } from '#postgres/list-migrations';

const installed = (await listPostgres()).some((found) => found.server);

test('every migration is listed once, sorted as text', () => {
  const files = [
    { version: '10', file: '10_b.sql' },
    { version: '9', file: '9_a.sql' },
  ];
  assert.deepEqual(listMigrations(files, ['9', '5']), [
    { version: '10', state: 'pending', file: '10_b.sql' },
    { version: '5', state: 'only-remote' },
    { version: '9', state: 'applied', file: '9_a.sql' },
  ]);
});

describe('ops-actions migrations', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await mkdir(join(folder, 'supabase/migrations'), { recursive: true });
    await mkdir(join(folder, '.github'));
    const project = 'abcdefghijklmnopqrst';
    const yml = `version: 1\nenvironments:\n  staging:\n    supabase: { project: ${project} }\n  production: {}\n`;
    await writeFile(join(folder, '.github/ops.yml'), yml);
    await writeFile(join(folder, 'supabase/migrations/20260101000000_notes.sql'), 'create table notes (id int);');
    await writeFile(join(folder, 'supabase/migrations/20260102000000_more.sql'), 'create table more (id int);');
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const list = async (environment: Record<string, string>, ...words: string[]) => {
    const { exitCode, stdout, stderr } = await runTool({
      command: process.execPath,
      args: [join(import.meta.dirname, '../../../bin/ops-actions.js'), 'migrations', ...words],
      cwd: folder,
      environment,
      deadlineMs: 30_000,
    });
    return { exitCode, stdout, stderr };
  };

  test('one applied, one pending and one without a file are shown, and nothing changes', async () => {
    const url = await createDatabase(
      cluster,
      `CREATE SCHEMA supabase_migrations;
       CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
       INSERT INTO supabase_migrations.schema_migrations VALUES ('20260101000000', '{}', 'notes'), ('20251231000000', '{}', 'x');`,
    );
    const content = async () => [
      await query(url, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
      await query(url, 'SELECT * FROM supabase_migrations.schema_migrations ORDER BY 1'),
    ];
    const before = await content();
    const shown = await list({ DATABASE_URL: url }, '--environment', 'production');
    assert.equal(shown.exitCode, 0, shown.stderr);
    assert.equal(
      shown.stdout.trim(),
      [
        'Migrations of production: 1 applied, 1 pending, 1 only in the database.',
        '  only-remote  20251231000000 (no file)',
        '  applied      20260101000000_notes.sql',
        '  pending      20260102000000_more.sql',
      ].join('\n'),
    );
    const json = JSON.parse((await list({ DATABASE_URL: url }, '--environment', 'staging', '--json')).stdout);
    assert.deepEqual(
      json.migrations.map(({ state }: { state: string }) => state),
      ['only-remote', 'applied', 'pending'],
    );
    assert.deepEqual(await content(), before);
  });

  test('a database without a history has everything pending; no database and the wrong one are wrong use', async () => {
    const empty = await list(
      { DATABASE_URL: await createDatabase(cluster, 'SELECT 1') },
      '--environment',
      'production',
    );
    assert.match(empty.stdout, /0 applied, 2 pending, 0 only in the database/);
    const none = await list({}, '--environment', 'production');
    assert.deepEqual([none.exitCode, /neither DATABASE_URL nor SUPABASE_DB_PASSWORD/.test(none.stderr)], [2, true]);
    const other = 'postgresql://postgres:canary-pw@db.tsrqponmlkjihgfedcba.supabase.co/postgres';
    const wrong = await list({ DATABASE_URL: other }, '--environment', 'staging');
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /pinned to abcdefghijklmnopqrst/);
    assert.doesNotMatch(wrong.stderr, /canary/);
  });
});
