import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { expectEnd } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

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
    } finally {
      await rm(backups, { recursive: true, force: true });
    }
  });
});
