import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Fixture, skip, startFixture } from './fixture.ts';

// MIG-07: a tool of others with files, history and transactions of its own, started by a project's own scripts.

const tool = join(dirname(fileURLToPath(import.meta.resolve('node-pg-migrate'))), '../../bin/node-pg-migrate.js');
const pg = createRequire(import.meta.url).resolve('pg');

/** As a project would write it: every file of the folder is in the tool's history. */
const verify = `import { readdirSync } from 'node:fs';
import pg from ${JSON.stringify(pg)};
console.log('verifying the history');
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
const { rows } = await client.query('SELECT name FROM pgmigrations');
await client.end();
const missing = readdirSync('backend/migrations').filter((file) => !rows.some(({ name }) => file === name + '.sql'));
if (missing.length > 0) throw new Error('not applied: ' + missing.join(', '));
`;

const scripts = {
  migrate: `"${process.execPath}" "${tool}" up --migrations-dir backend/migrations --no-single-transaction`,
  'verify-migrations': `"${process.execPath}" verify.mjs`,
};

const first = {
  '1764000000001_tasks.sql': `create table tasks (id int primary key, title text);
    create table told as select current_setting('lock_timeout') as lock_timeout;`,
  '1764000000002_sessions.sql': 'create table sessions (task int references tasks);',
};

describe('another tool migrates', { skip }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture?.end());

  /** A checkout of a backend, and a database that holds a row from before. */
  async function backend(files: Record<string, string>) {
    const url = await fixture.database();
    await fixture.query(url, `CREATE TABLE customers (name text); INSERT INTO customers VALUES ('canary-row')`);
    const work = await fixture.workspace({});
    const checkout = join(work.root, 'work');
    await mkdir(join(checkout, 'backend/migrations'), { recursive: true });
    await writeFile(join(checkout, 'package.json'), JSON.stringify({ private: true, scripts }));
    await writeFile(join(checkout, 'verify.mjs'), verify);
    const write = async (more: Record<string, string>) => {
      for (const [file, sql] of Object.entries(more)) await writeFile(join(checkout, 'backend/migrations', file), sql);
    };
    await write(files);
    const start = (more: Record<string, string> = {}) =>
      work.start({ command: 'npm run migrate', 'verify-command': 'npm run verify-migrations', ...more });
    const applied = async () =>
      (await fixture.query<{ name: string }>(url, 'SELECT name FROM pgmigrations ORDER BY id')).map(({ name }) => name);
    const manifests = async () => (await readdir(work.backups)).filter((name) => name.endsWith('.manifest.json'));
    const manifest = async (name: string) => JSON.parse(await readFile(join(work.backups, name), 'utf8'));
    return { url, work, write, start, applied, manifests, manifest };
  }

  test('with our timeouts, behind a proven restore point, and its own history verifies it', async () => {
    const one = await backend(first);
    const run = await one.start(fixture.withBackup(one.url, one.work.backups)).finished;
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['applied', 'command_succeeded'], run.stdout);
    assert.match(
      run.outputs.summary ?? '',
      /^"npm run migrate" succeeded in .* s, verified by "npm run verify-migrations"/,
    );
    assert.match(run.stdout, /verifying the history/);
    assert.deepEqual(await one.applied(), ['1764000000001_tasks', '1764000000002_sessions']);
    assert.deepEqual(await fixture.query(one.url, 'SELECT lock_timeout FROM told'), [{ lock_timeout: '5s' }]);
    const { rows, verification } = await one.manifest(run.outputs['backup-manifest'] ?? '');
    assert.deepEqual([rows, verification.verdict], [1, 'verified'], 'it is of the time before');
  });

  test('whose third file fails: the restore point is there, the stage fails, and no verification makes it good', async () => {
    const one = await backend({
      ...first,
      '1764000000003_broken.sql': 'alter table tasks add column n int; insert into tasks (id, n) values (1, 1 / 0);',
      '1764000000004_never.sql': 'create table never ();',
    });
    const inputs = fixture.withBackup(one.url, one.work.backups);
    const run = await one.start(inputs).finished;
    assert.equal(run.exitCode, 1, run.stdout);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['failed', 'command_failed'], run.stdout);
    assert.match(
      run.outputs.summary ?? '',
      /"npm run migrate" ended with exit code 1; what it changed before that stays/,
    );
    assert.doesNotMatch(run.stdout, /verifying the history/);
    assert.deepEqual(await one.applied(), ['1764000000001_tasks', '1764000000002_sessions']);
    const name = run.outputs['backup-manifest'] ?? '';
    assert.deepEqual(await one.manifests(), [name]);
    const { rows, verification, object } = await one.manifest(name);
    assert.deepEqual([rows, verification.verdict], [1, 'verified']);
    assert.ok(run.outputs.summary?.includes(object.file), 'the restore point is named');
    // A verification that would say yes to anything is not even asked.
    const lax = await one.start({ ...inputs, 'verify-command': 'true' }).finished;
    assert.deepEqual([lax.outputs.decision, lax.outputs['reason-code']], ['failed', 'command_failed']);
    await one.write({ '1764000000003_broken.sql': 'alter table tasks add column n int;' });
    const mended = await one.start(inputs).finished;
    assert.equal(mended.outputs.decision, 'applied', mended.stdout);
    assert.equal((await one.applied()).length, 4);
  });

  test('a second run waits until the tool of the first has ended', async () => {
    const one = await backend({ ...first, '1764000000005_slow.sql': 'select pg_sleep(6); create table slow ();' });
    const inputs = { 'database-url': one.url, backup: 'skip' };
    const early = one.start(inputs);
    const sleeping = `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(6)%' AND pid <> pg_backend_pid() AND state = 'active'`;
    while ((await fixture.query(one.url, sleeping)).length === 0) {
      assert.equal(early.child.exitCode, null, early.text());
      await delay(50);
    }
    const late = one.start(inputs);
    while (!late.text().includes('another migration is running')) {
      assert.equal(late.child.exitCode, null, late.text());
      await delay(50);
    }
    assert.doesNotMatch(late.text(), /Command: npm run migrate/);
    const [a, b] = await Promise.all([early.finished, late.finished]);
    assert.deepEqual([a.outputs.decision, b.outputs.decision], ['applied', 'applied'], a.stdout + b.stdout);
    assert.match(b.stdout, /No migrations to run/);
    assert.equal((await one.applied()).length, 3);
  });
});
