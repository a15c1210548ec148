import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { readMigrations } from '#postgres/read-migrations';
import { approvalOf } from '#release/migration-approval';
import { migrateByHand } from './migrate-by-hand.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

const server = (await listPostgres()).find((found) => found.server);
const library = join(import.meta.dirname, '../..');
const folder = 'supabase/migrations';
const irrelevant = { 'throw-away': 'true' };
const mood = {
  [`${folder}/20260106090000_add_mood.sql`]:
    'ALTER TABLE notes ADD COLUMN mood text;\n-- rollback\n-- ALTER TABLE notes DROP COLUMN mood;\n',
};
/** Fails in its second statement, on the live rows only: what is rehearsed without them holds. */
const broken = {
  [`${folder}/20260107090000_broken.sql`]:
    'ALTER TABLE notes ADD COLUMN color text;\nSELECT 1 / (1 - (SELECT count(*) FROM notes WHERE id = 4711))::int;\n-- rollback\n-- ALTER TABLE notes DROP COLUMN color;\n',
};

interface Preset {
  database: Record<string, unknown>;
  environments: { production?: { database?: Record<string, unknown> } };
}

/** What a preset says of the database of production, as it stands in the file; the backup is proven elsewhere. */
async function databaseOf(preset: string, more: object = {}): Promise<string> {
  const file = parse(await readFile(join(library, 'presets', `${preset}.yml`), 'utf8')) as Preset;
  const database = { ...file.database, ...file.environments.production?.database, backup: { policy: 'skip' }, ...more };
  return opsFile({ watch: shortWatch, database });
}

/** A production that serves v1.0.0, with the row on which the broken file fails. */
async function world() {
  const fixture = await releaseFixture({ database: true });
  const url = fixture.sandbox.description.postgres.url ?? '';
  const query = async <T extends object>(sql: string) => {
    const connection = await connect(url, { applicationName: 'test' });
    return await connection.query<T>(sql).finally(() => connection.close());
  };
  const ops = opsFile({ watch: shortWatch, database: { backup: { policy: 'skip' } } });
  const first = await fixture.release({ version: 'v1.0.0', files: { '.github/ops.yml': ops }, inputs: irrelevant });
  assert.equal(first.decision, 'released', first.errors.join('\n'));
  await query("INSERT INTO notes (id, text) OVERRIDING SYSTEM VALUE VALUES (4711, 'old')");
  const columns = async () => {
    const sql = `SELECT attname::text AS name FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attnum > 0 AND NOT attisdropped`;
    const names = (await query<{ name: string }>(sql)).map(({ name }) => name);
    return ['mood', 'color'].filter((name) => names.includes(name));
  };
  return { fixture, first, columns };
}

describe('the database part of the five presets', { skip: server ? false : 'no PostgreSQL server programs' }, () => {
  test('tag-release: applied on the tag; a file that fails in its second statement is undone, and what came before stays', async () => {
    const { fixture, first, columns } = await world();
    await using _ = fixture;
    const ops = { '.github/ops.yml': await databaseOf('tag-release') };
    const failed = await fixture.release({
      version: 'v1.1.0',
      files: { ...ops, ...mood, ...broken },
      inputs: irrelevant,
    });
    assert.deepEqual([failed.decision, failed.conclusion], ['failed', 'failure'], failed.lastLine);
    assert.match(
      failed.lastLine,
      /20260107090000_broken\.sql line 2: .*division by zero.*undone whole; applied before it and kept: 20260106090000_add_mood\.sql/,
    );
    assert.deepEqual(
      [await columns(), fixture.served(), fixture.accepted('promote')],
      [['mood'], first.deploymentId, 0],
    );
    const good = await fixture.release({ version: 'v1.2.0', files: { ...ops, ...mood }, inputs: irrelevant });
    assert.equal(good.decision, 'released', good.errors.join('\n'));
  });

  test('validated-pipeline: the release is taken back, its files by their rollback SQL, and the frontend never starts', async () => {
    const { fixture, first, columns } = await world();
    await using _ = fixture;
    const ops = { '.github/ops.yml': await databaseOf('validated-pipeline') };
    const deployments = () => fixture.writes('vercel').filter((write) => write.includes('/deployments')).length;
    const before = deployments();
    const failed = await fixture.release({
      version: 'v1.1.0',
      files: { ...ops, ...mood, ...broken },
      inputs: irrelevant,
    });
    assert.deepEqual([failed.decision, failed.conclusion], ['failed', 'failure'], failed.lastLine);
    assert.match(failed.lastLine, /rolled back by its rollback SQL: 20260106090000_add_mood\.sql/);
    assert.deepEqual([await columns(), fixture.served()], [[], first.deploymentId]);
    assert.equal(deployments(), before, 'no deployment was made');
    // Without rollback SQL that holds, what is applied stays, and that was said before.
    const lax = { '.github/ops.yml': await databaseOf('validated-pipeline', { 'rollback-sql': 'optional' }) };
    const oneWay = Object.fromEntries(
      Object.entries(mood).map(([file, sql]) => [file, sql.split('-- rollback')[0] ?? '']),
    );
    const kept = await fixture.release({
      version: 'v1.2.0',
      files: { ...lax, ...oneWay, ...broken },
      inputs: irrelevant,
    });
    assert.match(kept.lastLine, /applied before it and kept: 20260106090000_add_mood\.sql/);
    assert.deepEqual([await columns(), fixture.served()], [['mood'], first.deploymentId]);
  });

  test('staging-branch: nothing is applied until a person dispatches it; the failure of that changes nothing else', async () => {
    const { fixture, first, columns } = await world();
    await using _ = fixture;
    const ops = { '.github/ops.yml': await databaseOf('staging-branch') };
    const flow = {
      '.github/workflows/migrate.yml':
        'on: { workflow_dispatch: {} }\njobs: { m: { uses: org/ops-actions/.github/workflows/migrate.yml@v1 } }\n',
    };
    const due = { ...ops, ...flow, ...mood };
    const refused = await fixture.release({ version: 'v1.1.0', files: due, inputs: irrelevant });
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'applied_by_hand'], refused.lastLine);
    assert.match(
      refused.errors.join('\n'),
      /20260106090000_add_mood\.sql.*gh workflow run migrate\.yml, wait until it is green, then release again/,
    );
    assert.deepEqual([await columns(), fixture.served()], [[], first.deploymentId]);
    const dispatched = await migrateByHand(fixture, 'v1.1.0', 7001);
    assert.equal(dispatched.conclusion, 'success', JSON.stringify(dispatched.annotations));
    const released = await fixture.release({ version: 'v1.1.0', inputs: irrelevant });
    assert.equal(released.decision, 'released', released.errors.join('\n'));
    await fixture.commit('v1.2.0', { ...due, ...broken });
    const failed = await migrateByHand(fixture, 'v1.2.0', 7002);
    assert.equal(failed.conclusion, 'failure');
    const still = await fixture.release({ version: 'v1.2.0', inputs: irrelevant });
    assert.deepEqual([still.decision, await columns(), fixture.served()], ['refused', ['mood'], released.deploymentId]);
  });

  test('push-to-main: the command is left to a person, and its verification lets the release go on', async () => {
    const { fixture, first, columns } = await world();
    await using _ = fixture;
    const psql = `${server?.directory}/psql -v ON_ERROR_STOP=1`;
    const scripts = {
      migrate: `${psql} -c 'ALTER TABLE notes ADD COLUMN mood text'`,
      'verify-migrations': `${psql} -c 'SELECT mood FROM notes'`,
    };
    const app = JSON.parse(await readFile(join(library, 'examples/notes-app/package.json'), 'utf8')) as object;
    const files = {
      '.github/ops.yml': await databaseOf('push-to-main', { migrations: folder }),
      'package.json': JSON.stringify({ ...app, scripts }),
    };
    const refused = await fixture.release({ version: 'v1.1.0', files, inputs: irrelevant });
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'applied_by_hand'], refused.lastLine);
    assert.deepEqual([await columns(), fixture.served()], [[], first.deploymentId]);
    const dispatched = await migrateByHand(fixture, 'v1.1.0', 7001);
    assert.equal(dispatched.conclusion, 'success', JSON.stringify(dispatched.annotations));
    const released = await fixture.release({ version: 'v1.1.0', inputs: irrelevant });
    assert.equal(released.decision, 'released', released.errors.join('\n'));
    assert.equal(released.result('migrate').reasonCode, 'verified_by_command');
    // Again it fails in its first statement: what is live stays.
    assert.equal((await migrateByHand(fixture, 'v1.1.0', 7002)).conclusion, 'failure');
    assert.equal(fixture.served(), released.deploymentId);
  });

  test('blue-green: a release applies exactly the files that reviewers of this run approved', async () => {
    const { fixture, first, columns } = await world();
    await using _ = fixture;
    const { github } = fixture.sandbox;
    assert.ok(github);
    github.protectEnvironment('migrations', 1);
    const ops = { '.github/ops.yml': await databaseOf('blue-green') };
    const refused = await fixture.release({ version: 'v1.1.0', files: { ...ops, ...mood }, inputs: irrelevant });
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'applied_by_hand'], refused.lastLine);
    assert.match(refused.errors.join('\n'), /apply is approve.*add_mood\.sql.*approved-migrations/);
    const digestOf = async (version: string, due: string) => {
      const { files } = await readMigrations(join(await fixture.repository.checkOut(version), folder));
      return approvalOf({ toApply: files.filter((file) => file.version === due) });
    };
    const approved = await digestOf('v1.1.0', '20260106090000');
    const given = { ...irrelevant, 'migration-approval-environment': 'migrations', 'approved-migrations': approved };
    const unasked = await fixture.release({ version: 'v1.1.0', inputs: given, runId: 8001 });
    assert.deepEqual([unasked.decision, unasked.reasonCode], ['refused', 'approval_missing'], unasked.lastLine);
    github.answerRun(8002, { environment: 'migrations', state: 'approved', user: 'ada' });
    const others = { ...given, 'approved-migrations': approved.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
    const outdated = await fixture.release({ version: 'v1.1.0', inputs: others, runId: 8002 });
    assert.deepEqual([outdated.decision, outdated.reasonCode], ['refused', 'approval_outdated'], outdated.lastLine);
    assert.deepEqual([await columns(), fixture.served()], [[], first.deploymentId]);
    const released = await fixture.release({ version: 'v1.1.0', inputs: given, runId: 8002 });
    assert.equal(released.decision, 'released', released.errors.join('\n'));
    assert.deepEqual(await columns(), ['mood']);
    // What was approved for one run is not approved for another, and a failure stops.
    await fixture.commit('v1.2.0', { ...ops, ...mood, ...broken });
    github.answerRun(8003, { environment: 'migrations', state: 'approved', user: 'ada' });
    const inputs = { ...given, 'approved-migrations': await digestOf('v1.2.0', '20260107090000') };
    const failed = await fixture.release({ version: 'v1.2.0', inputs, runId: 8003 });
    assert.deepEqual([failed.decision, failed.conclusion], ['failed', 'failure'], failed.lastLine);
    assert.deepEqual([await columns(), fixture.served()], [['mood'], released.deploymentId]);
  });
});
