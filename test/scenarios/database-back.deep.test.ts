import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

const installed = (await listPostgres()).some((found) => found.server);
const recipient = 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg';
const folder = 'supabase/migrations';
const moods = {
  [`${folder}/20260106090000_moods.sql`]:
    'CREATE TABLE moods (id int);\nALTER TABLE moods ENABLE ROW LEVEL SECURITY;\n-- rollback\n-- DROP TABLE moods;\n',
};
const late = {
  [`${folder}/20260107090000_late.sql`]:
    'ALTER TABLE notes ADD COLUMN late text;\n-- rollback\n-- ALTER TABLE notes DROP COLUMN late;\n',
};

/** An api/health.js that is sick without a note. */
const healthyWithNotes = `import { database } from '../lib/database.js';
export async function GET() {
  const { rows } = await database.query('SELECT id FROM notes LIMIT 1');
  return Response.json({ status: rows.length > 0 ? 'healthy' : 'sick' }, { status: rows.length > 0 ? 200 : 503 });
}
`;

describe('parts: database of a rollback', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('app first, then the database by its rehearsed rollback SQL after a restore point, and the incident has all of it', async () => {
    const backups = await mkdtemp(join(tmpdir(), 'ops-actions-backups-'));
    try {
      await using fixture = await releaseFixture({ database: true });
      const backup = { destination: 'directory', path: backups };
      const ops = (more: object = {}) => ({
        '.github/ops.yml': opsFile({
          watch: shortWatch,
          database: { backup },
          rollback: { database: { 'check-tables': ['notes'] } },
          ...more,
        }),
      });
      const inputs = { 'age-recipients': recipient };
      const url = fixture.sandbox.description.postgres.url ?? '';
      const ask = async (sql: string) => {
        const connection = await connect(url, { applicationName: 'test' });
        return await connection.query<{ value: string }>(sql).finally(() => connection.close());
      };
      const versions = async () =>
        (await ask('SELECT version AS value FROM supabase_migrations.schema_migrations ORDER BY 1')).map(
          ({ value }) => value,
        );
      const first = await fixture.release({ version: 'v1.0.0', files: ops(), inputs });
      assert.equal(first.decision, 'released', first.errors.join('\n'));
      const before = await versions();
      const change = { version: 'v1.1.0', files: { ...ops(), ...moods, ...late } };
      const plan: string[] = [];
      const onRawLine = (line: string) => void plan.push(line);
      await fixture.release({ ...change, onRawLine, inputs: { ...inputs, 'dry-run': 'true' } });
      const second = await fixture.release({ ...change, inputs });
      assert.equal(second.decision, 'released', second.errors.join('\n'));
      const newest = before.at(-1);

      const database = { ...inputs, 'database-url': url, confirm: 'production', reason: 'moods are wrong' };
      const alone = { ...database, parts: 'database', target: 'v1.0.0' };
      const early = await fixture.rollback({ version: 'v1.1.0', inputs: alone });
      assert.deepEqual([early.decision, early.reasonCode], ['refused', 'app_first'], early.lastLine);
      const both = { ...database, parts: 'app\ndatabase' };
      const planned = await fixture.rollback({ version: 'v1.1.0', inputs: { ...both, 'dry-run': 'true' } });
      assert.match(planned.lastLine, new RegExp(`would take back everything applied after migration ${newest}`));
      assert.deepEqual([fixture.served(), (await versions()).length], [second.deploymentId, before.length + 2]);

      const back = await fixture.rollback({ version: 'v1.1.0', inputs: both });
      assert.deepEqual([back.decision, back.conclusion], ['rolled-back', 'success'], back.errors.join('\n'));
      assert.equal(fixture.served(), first.deploymentId);
      assert.deepEqual(await versions(), before);
      // What the plan of the release announced is what happened (CHK-10).
      const wayBack = plan.slice(plan.findIndex((line) => line.includes('A rollback would:'))).join('\n');
      assert.match(wayBack, new RegExp(`move the domains back to v1\\.0\\.0, ${fixture.served()}`));
      const [, files = ''] = /with parts: database also take back ([\d, ]+), by/.exec(wayBack) ?? [];
      const taken = [...back.lastLine.matchAll(/(\d{14})_\w+\.sql/g)].map(([, version]) => version);
      assert.deepEqual(files.split(', '), taken);
      assert.match(
        back.lastLine,
        /Database: Rolled back to \d+ in \d+ s: 20260107090000_late\.sql, 20260106090000_moods\.sql/,
      );
      const [issue] = (await fixture.issues()).filter(({ title }) => title.includes('v1.1.0'));
      assert.match(issue?.body ?? '', /Database, run: .*20260106090000_moods\.sql: DROP TABLE moods/);
      assert.match(issue?.body ?? '', /Database, measured: rehearsal .*backup .*total/);
      assert.match(issue?.body ?? '', /- \[x\] .*Database integrity verified.*table notes is there/);

      // Again, after the runner died or because nobody trusts it: nothing is left to do.
      const again = await fixture.rollback({ version: 'v1.1.0', inputs: alone });
      assert.deepEqual([again.decision, again.conclusion], ['database-rolled-back', 'success'], again.lastLine);
      assert.match(again.lastLine, /Nothing was applied after/);

      // Alone after the lock was lifted: nothing newer goes live meanwhile, and running it again takes no second lock (S1).
      await fixture.command('unlock', '--environment', 'production', '--reason', 'moods are right');
      const relocked = { version: 'v1.1.0', inputs: alone, runId: 7_000 };
      await fixture.rollback(relocked);
      const attempted = await fixture.rollback({ ...relocked, runAttempt: 2 });
      assert.deepEqual(
        [attempted.decision, attempted.result('roll-back').decision],
        ['database-rolled-back', 'already-current'],
        attempted.lastLine,
      );
      const [lock, ...others] = await fixture.locks();
      assert.deepEqual(
        [lock?.target?.deploymentId, lock?.reason, lock?.rollback, others],
        [first.deploymentId, 'moods are wrong', 'already-current', []],
      );
      assert.equal(fixture.autoAssign(), false, 'nor does Vercel promote by itself');
      const newer = await fixture.release({ version: 'v1.2.0', files: ops(), inputs });
      assert.deepEqual([newer.decision, newer.reasonCode], ['refused', 'locked'], newer.lastLine);
    } finally {
      await rm(backups, { recursive: true, force: true });
    }
  });

  test('a policy that forbids it is heard: the app is back, the database is as it was, and the next step is said', async () => {
    await using fixture = await releaseFixture({ database: true });
    const files = {
      '.github/ops.yml': opsFile({
        watch: shortWatch,
        database: { backup: { policy: 'skip' } },
        rollback: { 'fix-forward-limit': '2h', database: { policy: ['forward-fix'] } },
      }),
    };
    const inputs = { 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files, inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    const second = await fixture.release({ version: 'v1.1.0', files: { ...files, ...moods }, inputs });
    assert.equal(second.decision, 'released', second.errors.join('\n'));
    const url = fixture.sandbox.description.postgres.url ?? '';
    const back = await fixture.rollback({
      version: 'v1.1.0',
      inputs: { ...inputs, 'database-url': url, confirm: 'production', parts: 'app\nfunctions\ndatabase' },
    });
    assert.deepEqual([back.decision, back.reasonCode, back.conclusion], ['rolled-back', 'forward_only', 'failure']);
    assert.equal(fixture.served(), first.deploymentId);
    assert.match(back.lastLine, /Next: fix forward: .*20260106090001_<name>\.sql.*until .* UTC/);
  });

  test('the app is asked once more on the older database, smoke suite or not', async () => {
    await using fixture = await releaseFixture({ database: true });
    const files = {
      '.github/ops.yml': opsFile({ watch: shortWatch, database: { backup: { policy: 'skip' } } }),
      [`${folder}/20260105100000_greeting.sql`]: "INSERT INTO notes (text) VALUES ('hello');\n",
      'api/health.js': healthyWithNotes,
    };
    const inputs = { 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files, inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    // The schema is as before afterwards, so no rehearsal finds it; what the app needs is gone.
    const [file = '', sql = ''] = Object.entries(moods)[0] ?? [];
    const greedy = { [file]: sql.replace('-- DROP TABLE moods;', '-- DELETE FROM notes; DROP TABLE moods;') };
    const second = await fixture.release({ version: 'v1.1.0', files: { ...files, ...greedy }, inputs });
    assert.equal(second.decision, 'released', second.errors.join('\n'));
    const both = {
      ...inputs,
      'database-url': fixture.sandbox.description.postgres.url ?? '',
      confirm: 'production',
      parts: 'app\ndatabase',
      watch: 'elsewhere',
    };
    const back = await fixture.rollback({ version: 'v1.1.0', inputs: both });
    assert.deepEqual(
      [back.decision, back.reasonCode, back.conclusion],
      ['rolled-back', 'unhealthy_after_database_rollback', 'failure'],
      back.lastLine,
    );
    assert.match(back.lastLine, /Database: Rolled back to 20260105100000 .*The checks of the app failed afterwards: /);
    // Nothing is left to take back, and the app is still not well.
    const again = await fixture.rollback({ version: 'v1.1.0', inputs: { ...both, parts: 'database' } });
    assert.deepEqual(
      [again.reasonCode, again.conclusion],
      ['unhealthy_after_database_rollback', 'failure'],
      again.lastLine,
    );
  });
});
