import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { expectEnd } from './expect-end.ts';
import { migrateByHand } from './migrate-by-hand.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';

const installed = (await listPostgres()).some((found) => found.server);
const recipient = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
const folder = 'supabase/migrations';
const column = { [`${folder}/20260106090000_add_mood.sql`]: 'ALTER TABLE notes ADD COLUMN mood text;\n' };
const mood = "const query =\n  'select mood from notes';\nexport const GET = () => Response.json({ query });\n";
const drop = '20260107090000_drop_mood.sql';

describe('migrations in a release', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('hear what ops.yml and the workflow file say of them, and what they hold is told to everybody', async () => {
    const backups = await mkdtemp(join(tmpdir(), 'ops-actions-backups-'));
    try {
      await using fixture = await releaseFixture({ database: true });
      const files = (database: object, more: Record<string, string> = {}) => {
        const backup = { destination: 'directory', path: backups };
        return { '.github/ops.yml': opsFile({ watch: shortWatch, database: { backup, ...database } }), ...more };
      };
      const inputs = { 'age-recipients': recipient };
      const weak = { ...inputs, verify: 'checksum', 'verify-reason': 'the table of pictures is too large' };
      const first = await fixture.release({
        version: 'v1.0.0',
        files: files({ 'verify-command': 'true' }, { 'api/mood.js': mood }),
        inputs: weak,
      });
      assert.equal(first.decision, 'released', first.errors.join('\n'));
      const says = /Weaker than standard: .*checksum only, not restored \(verify: the table of pictures is too large\)/;
      assert.match(first.warnings.join('\n'), says);
      const sent = (service: string) =>
        JSON.stringify(fixture.sandbox.requests().filter((one) => one.service === service));
      for (const told of ['slack', 'github']) assert.match(sent(told), /the table of pictures is too large/, told);

      // The verification of ops.yml fails the migration: nothing is promoted.
      const failing = files({ 'verify-command': 'false' }, column);
      const failed = await fixture.release({ version: 'v1.1.0', files: failing, inputs });
      expectEnd(fixture, failed, {
        decision: 'failed',
        reason: 'verify_command_failed',
        conclusion: 'failure',
        says: /the verification did not pass: "false" ended with exit code 1/,
        serves: first.deploymentId,
      });

      // Only what running code needs is pending: no backup is asked for, and everybody reads what waits.
      const held = files({}, { ...column, [`${folder}/${drop}`]: 'ALTER TABLE notes DROP COLUMN mood;\n' });
      const released = await fixture.release({ version: 'v1.2.0', files: held });
      assert.equal(released.decision, 'released', released.errors.join('\n'));
      assert.match(released.lastLine, new RegExp(`Held for a later release: ${drop}`));
      assert.match((await fixture.slack()).join('\n'), new RegExp(`Held for a later release: ${drop}`));
      assert.deepEqual(released.result('migrate').held, [drop]);
      // The checkout is shallow: GitHub has the source of what served when this release began.
      const inCode = /the code that is deployed now \(commit [0-9a-f]{7}\) names mood of notes: api\/mood\.js:2/;
      assert.match(released.warnings.join('\n'), inCode);

      // No file runs before an earlier one: what needs one behind the held one is refused before anything is announced.
      const waiting = { ...column, [`${folder}/${drop}`]: 'ALTER TABLE notes DROP COLUMN mood;\n' };
      const more = 'ALTER TABLE notes ADD COLUMN more text;\n';
      const behind = files({}, { ...waiting, [`${folder}/20260108090000_more.sql`]: more });
      expectEnd(fixture, await fixture.release({ version: 'v1.2.1', files: behind, inputs }), {
        decision: 'refused',
        reason: 'unsafe_migration',
        conclusion: 'failure',
        says: /20260107090000_drop_mood\.sql before it is held.*git mv 20260107090000_drop_mood\.sql 20260108090001_drop_mood\.sql/,
        serves: released.deploymentId,
      });
      const mixed = files({}, { ...column, [`${folder}/${drop}`]: `${more}ALTER TABLE notes DROP COLUMN mood;\n` });
      expectEnd(fixture, await fixture.release({ version: 'v1.2.2', files: mixed, inputs }), {
        decision: 'refused',
        reason: 'unsafe_migration',
        conclusion: 'failure',
        says: /split it: keep\s+ALTER TABLE notes ADD COLUMN more text;/,
        serves: released.deploymentId,
      });

      // Another tool: its command has the database, and a backup comes first.
      const command = 'node -e "if (!process.env.DATABASE_URL) process.exit(3)"';
      const without = await fixture.release({ version: 'v1.3.0', files: files({ command }) });
      assert.deepEqual([without.decision, without.reasonCode], ['refused', 'age_recipients_missing'], without.lastLine);
      const other = await fixture.release({ version: 'v1.4.0', files: files({ command }), inputs });
      assert.equal(other.decision, 'released', other.errors.join('\n'));
      assert.equal(other.result('migrate').reasonCode, 'command_succeeded');

      // Nothing is due: the backup that was proven a moment ago is asked for all the same.
      const requires = (age: string) => ({
        '.github/ops.yml': opsFile({
          watch: shortWatch,
          database: { backup: { destination: 'directory', path: backups, name: 'backup_{date}' } },
          release: { 'requires-backup': age },
        }),
        ...column,
      });
      const late = await fixture.release({ version: 'v1.5.0', files: requires('1ms') });
      assert.deepEqual([late.decision, late.reasonCode], ['refused', 'backup_too_old'], late.lastLine);
      const young = await fixture.release({ version: 'v1.6.0', files: requires('24h') });
      assert.equal(young.decision, 'released', young.errors.join('\n'));
    } finally {
      await rm(backups, { recursive: true, force: true });
    }
  });

  test('after which the app fails its smoke tests end the release with their result, and are taken back before anything is promoted', async () => {
    const backups = await mkdtemp(join(tmpdir(), 'ops-actions-backups-'));
    try {
      await using fixture = await releaseFixture({ database: true });
      const files = filesFor({ backup: { destination: 'directory', path: backups }, 'on-failure': 'rollback' });
      const inputs = { 'age-recipients': recipient };
      const first = await fixture.release({ version: 'v1.0.0', files: files(), inputs });
      assert.equal(first.decision, 'released', first.errors.join('\n'));
      const before = await stateOf(fixture);
      const request = { version: 'v1.1.0', files: files(rename()), inputs };
      // Again, as after a runner that died: the files are applied again, and go back again.
      for (const attempt of [1, 2]) {
        const broken = await fixture.release({ ...request, runId: 7_000, runAttempt: attempt });
        // The same code as before: nothing but the migration breaks it.
        expectEnd(fixture, broken, {
          decision: 'failed',
          reason: 'staged_smoke_failed',
          conclusion: 'failure',
          says: /smoke tests failed: notes are listed: status 500, expected 200\. Its migrations were taken back: Rolled back to \d+ .*rename\.sql/,
          serves: first.deploymentId,
        });
        assert.deepEqual(broken.result('migrate').applied, ['20260109090000_rename.sql']);
        const { decision, backup } = broken.result('database') as { decision: string; backup?: { verified: boolean } };
        assert.deepEqual([decision, backup?.verified], ['rolled-back', true], 'a restore point of its own');
        assert.deepEqual(await stateOf(fixture), before);
      }
      assert.equal(fixture.accepted('promote'), 0, 'the first deployment of a project is live at once');
      const entry = (await fixture.entries()).findLast(({ version }) => version === 'v1.1.0');
      const facts = entry?.facts.filter(({ step }) => step === 'migrate').map(({ kind, word }) => `${kind} ${word}`);
      const undone = ['intent rollback', 'outcome backup-verified', 'outcome rolled-back'];
      assert.deepEqual(facts?.slice(-3), undone, facts?.join(', '));
      const told = (await fixture.slack()).join('\n');
      assert.match(told, /notes are listed: status 500/);
      assert.match(told, /Its migrations were taken back/);
    } finally {
      await rm(backups, { recursive: true, force: true });
    }
  });

  test('that cannot be taken back behind a failing app stay, and the end says why', async () => {
    await using fixture = await releaseFixture({ database: true });
    const files = filesFor({ backup: { policy: 'skip' }, 'on-failure': 'rollback' });
    const inputs = { 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files: files(), inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    const staged = {
      decision: 'failed',
      reason: 'staged_smoke_failed',
      conclusion: 'failure',
      serves: first.deploymentId,
    } as const;

    // Made by hand, so that no rehearsal knows of it: it lets the column go and does not let it come back.
    await ask(
      fixture,
      `CREATE FUNCTION stay() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
         IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.notes'::regclass AND attname = 'body') THEN
           RAISE EXCEPTION 'notes stay as they are';
         END IF;
       END $$;
       CREATE EVENT TRIGGER stay ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION stay()`,
    );
    const failing = await fixture.release({ version: 'v1.1.0', files: files(rename()), inputs });
    const fails =
      /Taking its migrations back failed: .*rename\.sql failed: .*P0001.*in one transaction, so the database is as it was/;
    expectEnd(fixture, failing, { ...staged, says: fails });
    assert.deepEqual((await stateOf(fixture)).columns, ['body', 'created_at', 'id'], 'in one transaction');

    // As the last line says: by a person, once the cause is gone.
    await ask(fixture, 'DROP EVENT TRIGGER stay');
    const { versions } = await stateOf(fixture);
    const byHand = { mode: 'rollback', 'to-version': versions.at(-2) ?? '', confirm: 'production' };
    const done = await migrateByHand(fixture, 'v1.1.0', 7_001, byHand);
    assert.equal(done.outputs.decision, 'rolled-back', done.outputs.summary);
    assert.deepEqual((await stateOf(fixture)).columns, ['created_at', 'id', 'text']);

    const without = await fixture.release({ version: 'v1.2.0', files: files(rename('')), inputs });
    const refused =
      /Its migrations stay applied, because .*no rollback SQL for 20260109090000_rename\.sql.*mode: rollback/;
    expectEnd(fixture, without, { ...staged, says: refused });
    assert.deepEqual((await stateOf(fixture)).versions, versions);

    // Where an earlier run applied them, nothing says that they are the cause.
    const later = await fixture.release({ version: 'v1.3.0', files: files(rename()), inputs });
    const known = /notes are listed: status 500.*Nothing was pending, but v1\.1\.0, v1\.2\.0 had migrated before/;
    expectEnd(fixture, later, { ...staged, says: known });
    assert.equal(later.report.steps.find(({ id }) => id === 'database')?.outcome, 'skipped');
    assert.deepEqual((await stateOf(fixture)).versions, versions);
  });

  test('that an earlier attempt of the release has applied go back behind a failing app, too', async () => {
    await using fixture = await releaseFixture({ database: true });
    const files = filesFor({ backup: { policy: 'skip' }, 'on-failure': 'rollback' });
    const inputs = { 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files: files(), inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    const before = await stateOf(fixture);
    const request = { version: 'v1.1.0', files: files(rename()), inputs, runId: 7_000 };

    // It ends behind its files, as one that was killed there does: nobody has asked the app yet.
    const fault = { status: 422, body: { error: { code: 'invalid', message: 'not now' } } };
    fixture.sandbox.faults.order({ service: 'vercel', method: 'POST', route: '/v13/deployments', times: 9, fault });
    const died = await fixture.release({ ...request, runAttempt: 1 });
    assert.equal(died.decision, 'failed', died.lastLine);
    assert.match(died.lastLine, /Its migrations stay applied; where they are the cause/);
    assert.deepEqual((await stateOf(fixture)).columns, ['body', 'created_at', 'id']);
    fixture.sandbox.faults.clear();

    const again = await fixture.release({ ...request, runAttempt: 2 });
    assert.equal(again.result('migrate').decision, 'nothing-pending');
    expectEnd(fixture, again, {
      decision: 'failed',
      reason: 'staged_smoke_failed',
      conclusion: 'failure',
      says: /Its migrations were taken back: Rolled back to \d+ .*rename\.sql/,
      serves: first.deploymentId,
    });
    assert.deepEqual(await stateOf(fixture), before);
  });

  test('stay behind a failing app where the policy of the environment is a forward fix', async () => {
    await using fixture = await releaseFixture({ database: true });
    const policy = { rollback: { database: { policy: ['forward-only'] } } };
    const files = filesFor({ backup: { policy: 'skip' }, 'on-failure': 'rollback' }, policy);
    const inputs = { 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files: files(), inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    const broken = await fixture.release({ version: 'v1.1.0', files: files(rename()), inputs });
    assert.equal(broken.reasonCode, 'staged_smoke_failed', broken.lastLine);
    assert.match(broken.lastLine, /Its migrations stay applied; where they are the cause/);
    assert.deepEqual((await stateOf(fixture)).columns, ['body', 'created_at', 'id']);
  });
});

const renameBack = '-- rollback\n-- ALTER TABLE notes RENAME COLUMN body TO text;\n';

/** A file that no code of the fixture bears, accepted all the same. */
function rename(back = renameBack): Record<string, string> {
  const forward =
    '-- ops:accept rename-column nobody reads it any more\nALTER TABLE notes RENAME COLUMN text TO body;\n';
  return { [`${folder}/20260109090000_rename.sql`]: `${forward}${back}` };
}

/** An ops.yml whose smoke test reads the notes, and what is committed beside it. */
function filesFor(database: object, sections: object = {}) {
  const smoke = { checks: [{ name: 'notes are listed', path: '/api/notes', status: 200 }] };
  const ops = opsFile({ watch: shortWatch, database, smoke, ...sections });
  return (more: Record<string, string> = {}) => ({ '.github/ops.yml': ops, ...more });
}

async function ask(fixture: ReleaseFixture, sql: string): Promise<{ value: string }[]> {
  const connection = await connect(fixture.sandbox.description.postgres.url ?? '', { applicationName: 'test' });
  return await connection.query<{ value: string }>(sql).finally(() => connection.close());
}

/** Columns of notes, and versions in the history. */
async function stateOf(fixture: ReleaseFixture): Promise<{ columns: string[]; versions: string[] }> {
  const columns = await ask(
    fixture,
    `SELECT column_name AS value FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'notes' ORDER BY 1`,
  );
  const versions = await ask(fixture, 'SELECT version AS value FROM supabase_migrations.schema_migrations ORDER BY 1');
  return { columns: columns.map(({ value }) => value), versions: versions.map(({ value }) => value) };
}
