import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { readMigrations } from '#postgres/read-migrations';
import { type NewMigrationOptions, newMigration } from './new-migration-command.ts';
import { UsageError } from './open-environment.ts';

const root = mkdtempSync(join(tmpdir(), 'new-migration-'));
const home = process.cwd();
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(root, 'checkout-'));
  process.chdir(folder);
});
after(() => {
  process.chdir(home);
  rmSync(root, { recursive: true, force: true });
});

const make = (name: string, more: Partial<NewMigrationOptions> = {}) =>
  newMigration(name, { config: '.github/ops.yml', ...more });

test('a first migration is named by the time in UTC, and its path is the answer', async () => {
  const args = [
    join(import.meta.dirname, '../../../bin/ops-actions.js'),
    'migration',
    'new',
    'add_focus_sessions_table',
  ];
  const command = { command: process.execPath, args, cwd: folder, environment: {}, deadlineMs: 30_000 };
  const { exitCode, stdout, stderr } = await runTool(command);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^supabase\/migrations\/20\d{12}_add_focus_sessions_table\.sql\n$/);
  assert.equal(readFileSync(stdout.trim(), 'utf8'), '');
  const { files } = await readMigrations('supabase/migrations');
  assert.deepEqual(
    files.map(({ name }) => name),
    ['add_focus_sessions_table'],
  );
});

test('a numbered folder gets the next number, whatever is missing in between, and the order stays right', async () => {
  mkdirSync('backend/db', { recursive: true });
  mkdirSync('.github');
  writeFileSync(
    '.github/ops.yml',
    'database: { migrations: backend/db }\nenvironments: { production: {}, staging: {} }\n',
  );
  for (const file of ['008_add_premium_features.sql', '010_create_user_template_customizations.sql', '013_billing.sql'])
    writeFileSync(join('backend/db', file), 'select 1;');
  assert.deepEqual(await make('add quotas'), {
    path: 'backend/db/014_add_quotas.sql',
    version: '014',
    style: 'numbered',
  });
  const { files, problems } = await readMigrations('backend/db');
  assert.equal(files.at(-1)?.file, '014_add_quotas.sql');
  assert.deepEqual(
    problems.map(({ rule }) => rule),
    ['empty'],
    'until something is written into it, it is refused by name',
  );
});

test('the style of ops.yml, and above it that of the command line, name a file of an empty folder', async () => {
  mkdirSync('.github');
  writeFileSync('.github/ops.yml', 'database: { naming: numbered }\n');
  assert.equal((await make('first')).path, 'supabase/migrations/001_first.sql');
  const other = await make('second', { style: 'timestamp' });
  assert.match(other.path, /\/20\d{12}_second\.sql$/);
});

test('what is there already is never overwritten, also twice within a second', async () => {
  const first = (await make('same')).path;
  writeFileSync(first, 'create table notes (id int);');
  const second = (await make('same')).path;
  assert.notEqual(second, first);
  assert.equal(readFileSync(first, 'utf8'), 'create table notes (id int);');
  assert.equal(readFileSync(second, 'utf8'), '');
});

test('everything that is mistaken is said at once, and nothing is written', async () => {
  mkdirSync('.github');
  writeFileSync(
    '.github/ops.yml',
    'environments:\n  production: { database: { migrations: a } }\n  staging: { database: { migrations: b } }\n',
  );
  const problems = async (name: string, more: Partial<NewMigrationOptions>) => {
    const error = await make(name, more).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof UsageError, String(error));
    return error.problems.join('\n');
  };
  const wrong = await problems('../../etc/passwd', { style: 'random' });
  assert.match(wrong, /have folders of their own \(a, b\): give --environment or --dir/);
  assert.match(wrong, /"\.\.\/\.\.\/etc\/passwd" is not of letters/);
  assert.match(wrong, /--style random: give timestamp or numbered/);
  assert.deepEqual(readdirSync('.'), ['.github']);
  const one = await make('x', { environment: 'staging', style: 'numbered' });
  assert.equal(one.path, 'b/001_x.sql');
  assert.match(await problems('x', { environment: 'stagin' }), /names no environment stagin, only production, staging/);
});
