import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { decideForwardFixes } from '#release/forward-fix-findings';
import { endForwardFix, readForwardFixes } from '#release/forward-fix-record';
import type { DatabaseInspection } from '#release/inspect-database';
import { closeMigrationRecord, openMigrationRecord } from '#release/migration-record';
import { main } from '../src/main.ts';
import { branchesOf, issuesOf, openWorld, recordFailure, type World } from './fixture.ts';

const bad = "-- the repair of last week\nupdate notes set text = 'canary value'\nwhere idd = 4711;\n";

describe('forward-fix', () => {
  let world: World;
  let environment = '';
  let counter = 0;
  before(async () => {
    world = await openWorld();
  });
  after(() => world.close());
  beforeEach(async () => {
    counter += 1;
    environment = `production-${counter}`;
    await world.commit({
      '.github/ops.yml': `version: 1\nenvironments: { ${environment}: {} }\ndatabase: { migrations: backend }\nrollback: { database: { policy: [forward-fix] } }\n`,
      'backend/012_notes.sql': 'create table notes (id int, text text);\n',
      'backend/013_bad.sql': bad,
    });
  });

  const failed = async (reasonCode = 'sql_error') =>
    await recordFailure(world, environment, bad, { reasonCode, line: 3 });

  async function run(isPublic = false) {
    const variables = { ...(await world.environment({ isPublic })), INPUT_ENVIRONMENT: environment };
    return await main(createRunner({ environment: variables, write: () => {} }));
  }

  const own = () => branchesOf(world).filter((name) => name.startsWith(`ops/forward-fix/${environment}-`));
  const issue = async () => (await issuesOf(world)).filter(({ body }) => body.includes(`:${environment}:`));

  test('makes the next free number, empty, on a branch of the commit that failed, and one issue; the next run none', async () => {
    await failed();
    const first = await run();
    assert.deepEqual([first.decision, first.failed], ['opened', false], first.summary);
    assert.deepEqual(own(), [`ops/forward-fix/${environment}-014`]);
    const [branch] = own();
    const changed = world.git('diff', '--name-status', 'main', branch ?? '');
    assert.equal(changed, 'A\tbackend/014_forward_fix_of_013.sql');
    assert.equal(world.git('cat-file', '-s', `${branch}:backend/014_forward_fix_of_013.sql`), '0');
    const [opened, ...others] = await issue();
    assert.deepEqual([opened?.state, others], ['open', []]);
    const { body } = opened ?? assert.fail();
    assert.match(body, /`013_bad\.sql`, line 3, reason `sql_error`, SQLSTATE `42703`/);
    assert.match(body, /update notes set text = \$1 where idd = \$2/);
    assert.doesNotMatch(body, /canary|4711/);
    await failed();
    assert.equal((await run()).decision, 'updated');
    assert.deepEqual([own().length, (await issue()).length], [1, 1]);
    assert.equal((await readForwardFixes(world.github, environment)).length, 1);
  });

  test('in a public repository the issue has the place, and no statement (S23)', async () => {
    await failed();
    await run(true);
    const [{ body } = assert.fail()] = await issue();
    assert.match(body, /line 3.*42703/);
    assert.doesNotMatch(body, /update notes/);
  });

  test('keeps releases refused until the file is applied, or is what the release applies, or a person ends it', async () => {
    await failed();
    await run();
    const found = async (facts: Partial<DatabaseInspection>, handedToCommand: string[] = []) => {
      const open = await readForwardFixes(world.github, environment);
      return decideForwardFixes(open, { applied: [], toApply: [], handedToCommand, ...facts }, 'acme/app');
    };
    const [finding] = await found({ applied: ['012'], toApply: ['013'] });
    assert.deepEqual([finding?.code, finding?.severity], ['forward_fix_open', 'refuse']);
    assert.match(finding?.message ?? '', /mends 013 is not applied: backend\/014_forward_fix_of_013\.sql/);
    assert.match(
      finding?.fix ?? '',
      /gh api repos\/acme\/app\/deployments\/\d+\/statuses .*ops:forward-fix:outcome:withdrawn$/,
    );
    assert.deepEqual(await found({ toApply: ['014'] }), []);
    assert.deepEqual(await found({ applied: ['014'] }), []);
    assert.deepEqual(await found({}, ['backend/014_forward_fix_of_013.sql']), []);
    const [{ id } = assert.fail()] = await readForwardFixes(world.github, environment);
    await endForwardFix(world.github, id, 'withdrawn');
    assert.deepEqual(await found({}), []);
  });

  test('a branch that was merged and deleted is not made again over what was written', async () => {
    await failed();
    await run();
    const path = 'backend/014_forward_fix_of_013.sql';
    await world.commit({ [path]: 'select 1;\n' });
    world.git('update-ref', '-d', `refs/heads/${own()[0]}`);
    assert.equal((await run()).decision, 'updated');
    assert.deepEqual(own(), []);
    await rm(join(world.workspace, path));
  });

  test('a fix that fails itself is corrected where it is', async () => {
    await failed();
    await run();
    const file = { file: '014_x.sql', version: '014', sql: 'x', phase: 'expand' as const };
    const given = { environment, production: true, ref: world.git('rev-parse', 'HEAD') };
    const id = await openMigrationRecord(world.github, given, { direction: 'forward', files: [file], held: [] });
    await closeMigrationRecord(world.github, id, {
      word: 'failed',
      failed: { version: '014', reasonCode: 'sql_error' },
    });
    assert.equal((await run()).decision, 'updated');
    assert.deepEqual([own().length, (await issue()).length], [1, 1]);
  });

  test('where GitHub makes no branch the issue says how, and the step is red', async () => {
    await failed();
    world.sandbox.faults.order({
      service: 'github',
      method: 'POST',
      route: '/repos/acme/notes-app/git/refs',
      fault: { status: 403, body: { message: 'Resource not accessible by integration' } },
    });
    const ended = await run();
    assert.deepEqual([ended.decision, ended.reasonCode, ended.failed], ['failed', 'no_branch', true]);
    const [{ body } = assert.fail()] = await issue();
    assert.match(body, /git switch -c ops\/forward-fix/);
    assert.equal((await run()).decision, 'opened', 'the next run makes it');
    assert.equal(own().length, 1);
  });

  test('nothing is made where another way back is allowed, or nothing failed that a file could mend', async () => {
    assert.equal((await run()).reasonCode, 'nothing_failed');
    await failed('lock_timeout');
    assert.equal((await run()).reasonCode, 'passing_failure');
    await world.commit({
      '.github/ops.yml': `version: 1\nenvironments: { ${environment}: {} }\ndatabase: { migrations: backend }\n`,
    });
    await failed();
    const ended = await run();
    assert.deepEqual([ended.decision, ended.reasonCode, ended.failed], ['not-needed', 'rollback_allowed', false]);
    assert.deepEqual([own(), await issue()], [[], []]);
  });
});
