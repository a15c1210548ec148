import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { readForwardFixes } from '#release/forward-fix-record';
import { startGate } from '../../../packages/release/test/gate.ts';
import { branchesOf, issuesOf, openWorld, recordFailure, type World } from './fixture.ts';

const server = (await listPostgres()).find((found) => found.server);
const skip = server === undefined ? 'no PostgreSQL server programs' : false;
const bad = 'alter table notes add column mood text;\nselect 1 / 0;\n-- rollback\n-- drop table notes;\n';
const backend = { 'backend/012_notes.sql': 'create table notes (id int);\n-- rollback\n-- drop table notes;\n' };

/** What preset 002 says of database and rollback, as it stands in the file; the backup is proven elsewhere. */
async function opsOf(more: object = {}): Promise<string> {
  const file = join(import.meta.dirname, '../../../presets/push-to-main.yml');
  const { database, rollback } = parse(await readFile(file, 'utf8')) as Record<string, object>;
  const own = { ...database, backup: { policy: 'skip' }, critical: [], ...more };
  return stringify({ version: 1, environments: { production: {} }, database: own, rollback });
}

async function query<Row extends object>({ sandbox }: World, sql: string): Promise<Row[]> {
  const connection = await connect(sandbox.description.postgres.url ?? '', { applicationName: 'test' });
  return await connection.query<Row>(sql).finally(() => connection.close());
}

/** Dispatched by a person, as `apply: manual` has it. */
const migrate = (world: World, more: Record<string, string> = {}) =>
  world.run('migrate-with-backup', { 'database-url': world.sandbox.description.postgres.url ?? '', ...more });

describe('a forward fix (DRB-06)', { skip }, () => {
  test('preset 002 with a bad migration: a branch has the next free number, no undo reached the database, and the fix ends it', async () => {
    const world = await openWorld({ postgres: true });
    try {
      const psql = `${server?.directory}/psql -v ON_ERROR_STOP=1 --single-transaction`;
      const scripts = (files: string[]) => ({
        migrate: `${psql} ${files.map((file) => `-f backend/${file}`).join(' ')}`,
        'verify-migrations': `${psql} -c 'select id from notes'`,
      });
      await query(world, 'create table undone (at timestamptz)');
      await query(
        world,
        `create function note_drop() returns event_trigger language plpgsql as $$ begin insert into undone values (now()); end $$`,
      );
      await query(world, 'create event trigger drops on sql_drop execute function note_drop()');
      const first = { ...backend, 'package.json': JSON.stringify({ scripts: scripts(['012_notes.sql']) }) };
      await world.commit({ '.github/ops.yml': await opsOf(), ...first });
      assert.equal((await migrate(world)).outputs.decision, 'applied');
      assert.equal((await world.run('forward-fix', {})).outputs.decision, 'not-needed');
      const next = {
        'backend/013_bad.sql': bad,
        'package.json': JSON.stringify({ scripts: scripts(['013_bad.sql']) }),
      };
      await world.commit(next);
      const ended = await migrate(world);
      assert.deepEqual([ended.outputs.decision, ended.code], ['failed', 1], ended.log);
      const made = await world.run('forward-fix', {});
      assert.deepEqual([made.outputs.decision, made.code], ['opened', 0], made.log);
      assert.deepEqual(branchesOf(world), ['ops/forward-fix/production-014']);
      assert.deepEqual(await query(world, 'select * from undone'), []);
      assert.equal((await readForwardFixes(world.github, 'production')).length, 1);
      // Tried again as it is, the block stays; with something in the file, it ends.
      assert.equal((await migrate(world)).outputs.decision, 'failed');
      const path = 'backend/014_forward_fix_of_command.sql';
      const fixed = { [path]: 'alter table notes add column mood text;\n' };
      const manifest = { 'package.json': JSON.stringify({ scripts: scripts(['014_forward_fix_of_command.sql']) }) };
      await world.commit({ ...fixed, ...manifest });
      const repaired = await migrate(world);
      assert.equal(repaired.outputs.decision, 'applied', repaired.log);
      assert.deepEqual(await readForwardFixes(world.github, 'production'), []);
      assert.equal((await world.run('forward-fix', {})).outputs.decision, 'not-needed');
    } finally {
      await world.close();
    }
  });

  test('files that we apply ourselves: what failed is named with its line, and a refused rollback has a fix of its own', async () => {
    const world = await openWorld({ postgres: true });
    try {
      const files = await opsOf({ command: undefined, 'verify-command': undefined, apply: 'automatic' });
      await world.commit({ '.github/ops.yml': files, ...backend, 'backend/013_bad.sql': bad });
      const ended = await migrate(world, { phase: 'all' });
      assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['failed', 'sql_error'], ended.log);
      const made = await world.run('forward-fix', {});
      assert.equal(made.outputs.decision, 'opened', made.log);
      const [issue] = await issuesOf(world);
      assert.match(issue?.body ?? '', /013_bad\.sql`, line 2, reason `sql_error`, SQLSTATE `22012`/);
      assert.match(issue?.body ?? '', /select \$1 \/ \$2/);
      const refused = await migrate(world, {
        mode: 'rollback',
        'to-version': '0',
        confirm: 'production',
      });
      assert.equal(refused.outputs['reason-code'], 'forward_only', refused.log);
      assert.deepEqual(await query(world, "select to_regclass('notes') is not null as there"), [{ there: true }]);
      assert.equal((await world.run('forward-fix', {})).outputs.decision, 'opened');
      assert.deepEqual(branchesOf(world), ['ops/forward-fix/production-014', 'ops/forward-fix/production-015']);
    } finally {
      await world.close();
    }
  });
});

test('a forward fix that is killed before every request and after every effect, and runs again: one block, one branch, one issue', async () => {
  const world = await openWorld();
  const { apiUrl } = world.sandbox.description.github;
  try {
    const files = await opsOf({ command: undefined, 'verify-command': undefined, apply: 'automatic' });
    const failIn = async (environment: string) => {
      const ops = files.replace('production: {}', `${environment}: {}`);
      await world.commit({ '.github/ops.yml': ops, ...backend, 'backend/013_bad.sql': bad });
      await recordFailure(world, environment, bad);
    };
    await failIn('undisturbed');
    const recorder = await startGate({ github: apiUrl }, () => 'pass');
    const whole = await world.run(
      'forward-fix',
      { environment: 'undisturbed' },
      { apiUrl: recorder.address('github') },
    );
    await recorder.close();
    assert.equal(whole.outputs.decision, 'opened', whole.log);
    const requests = recorder.passages;
    assert.ok(requests.length >= 12, `${requests.length} requests`);
    for (let index = 0; index < requests.length; index++) {
      for (const moment of requests[index]?.method === 'GET' ? ['before'] : ['before', 'after']) {
        const environment = `p-${index}-${moment}`;
        await failIn(environment);
        let kill = () => {};
        const onChild = (child: ChildProcess) => {
          kill = () => child.kill('SIGKILL');
        };
        const gate = await startGate(
          { github: apiUrl },
          (passage) => {
            if (passage.index !== index || moment === 'after') return 'pass';
            kill();
            return 'lose-request';
          },
          (passage) => {
            if (passage.index === index && moment === 'after') kill();
          },
        );
        const killed = await world.run('forward-fix', { environment }, { apiUrl: gate.address('github'), onChild });
        await gate.close();
        const again = await world.run('forward-fix', { environment });
        const place = `${moment} request ${index}`;
        assert.match(again.outputs.decision ?? '', /^(opened|updated)$/, `${place}: ${killed.log}\n${again.log}`);
        const own = branchesOf(world).filter((name) => name.startsWith(`ops/forward-fix/${environment}-`));
        const issues = (await issuesOf(world)).filter(({ body }) => body.includes(`:${environment}:`));
        assert.deepEqual([own, issues.length], [[`ops/forward-fix/${environment}-014`], 1], place);
        assert.equal((await readForwardFixes(world.github, environment)).length, 1, place);
      }
    }
  } finally {
    await world.close();
  }
});
