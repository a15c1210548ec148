import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatReleaseHandle } from '#release/release-handle';
import { type Fixture, notes, safe, skip, startFixture } from './fixture.ts';

const unsafe = {
  '20260102000000_rating.sql': '-- five stars\n\nalter table notes add column rating integer not null;',
};

describe('migrate-with-backup', { skip }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture?.end());

  test('backs up, applies, and with nothing pending makes no backup', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    const first = await work.start(fixture.withBackup(url, work.backups)).finished;
    assert.equal(first.exitCode, 0, first.stdout);
    assert.deepEqual([first.outputs.decision, first.outputs['reason-code']], ['applied', 'applied']);
    assert.deepEqual(first.result.backup.reasonCode, 'empty_source');
    await work.write(safe);
    // A run's backups of one second would have one name.
    const second = await work.start(fixture.withBackup(url, work.backups), { GITHUB_RUN_ATTEMPT: '2' }).finished;
    assert.equal(second.outputs.decision, 'applied', second.stdout);
    // The history table of the first run and its table of notes.
    assert.deepEqual(
      [second.result.backup.verified, second.result.backup.relations, second.result.backup.rows],
      [true, 2, 2],
    );
    assert.deepEqual(JSON.parse(second.outputs.applied ?? ''), ['20260102000000_rating.sql']);
    const stored = await readdir(work.backups);
    // Of each backup: the object, its manifest and the encrypted list of contents.
    assert.equal(stored.length, 6);
    assert.ok(stored.includes(second.outputs['backup-manifest'] ?? ''));
    const third = await work.start(fixture.withBackup(url, work.backups)).finished;
    assert.deepEqual(
      [third.outputs.decision, third.outputs['reason-code']],
      ['nothing-pending', 'up_to_date'],
      third.stdout,
    );
    assert.equal((await readdir(work.backups)).length, 6);
    for (const name of stored) assert.doesNotMatch(await readFile(join(work.backups, name), 'latin1'), /canary-row/);
  });

  test('refuses an unsafe migration with file, line and the corrected statement, and changes nothing', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    await work.start({ 'database-url': url, backup: 'skip' }).finished;
    await work.write(unsafe);
    const run = await work.start(fixture.withBackup(url, join(work.root, 'none'))).finished;
    assert.equal(run.exitCode, 1);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['refused', 'unsafe_migration']);
    const [finding] = run.result.findings;
    assert.deepEqual(
      [finding.file, finding.line, finding.statement, finding.correction],
      [
        '20260102000000_rating.sql',
        4 - 1,
        'alter table notes add column rating integer not null',
        'ALTER TABLE notes ADD COLUMN rating integer NOT NULL DEFAULT 0;',
      ],
    );
    assert.match(run.outputs.summary ?? '', /rating\.sql line 3: .* Instead: ALTER TABLE notes ADD COLUMN/);
    assert.deepEqual(await fixture.history(url), ['20260101000000']);
    assert.ok(!existsSync(join(work.root, 'none')));
  });

  test('mode plan shows and changes nothing', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    const run = await work.start({ 'database-url': url, mode: 'plan' }).finished;
    assert.deepEqual([run.exitCode, run.outputs.decision], [0, 'planned'], run.stdout);
    assert.deepEqual(JSON.parse(run.outputs.pending ?? ''), ['20260101000000_notes.sql']);
    assert.equal(
      (await fixture.query(url, `SELECT 1 FROM pg_namespace WHERE nspname = 'supabase_migrations'`)).length,
      0,
    );
  });

  test('a migrations folder without a database is refused; without a folder there is nothing to do', async () => {
    const run = await (await fixture.workspace(notes)).start({}).finished;
    assert.deepEqual([run.exitCode, run.outputs['reason-code']], [1, 'database_url_missing']);
    const none = await (await fixture.workspace({})).start({}).finished;
    assert.deepEqual([none.exitCode, none.outputs['reason-code']], [0, 'not_configured']);
    const named = await (await fixture.workspace({})).start({ 'migrations-dir': 'db' }).finished;
    assert.deepEqual([named.exitCode, named.outputs['reason-code']], [1, 'migrations_missing']);
  });

  test('without a recipient it refuses and says how to make a key', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    const run = await work.start({ ...fixture.withBackup(url, work.backups), 'age-recipients': '' }).finished;
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['refused', 'no_recipients']);
    assert.match(run.outputs.summary ?? '', /age-keygen -o backup-key\.txt/);
    assert.ok(!existsSync(work.backups));
  });

  test('all mistakes of the inputs come at once, and nothing of the address is repeated', async () => {
    const work = await fixture.workspace(notes);
    const run = await work.start({
      'database-url': 'postgresql://postgres:canary-password@db.example.com:6543/postgres?sslmode=disable',
      environment: 'production',
      mode: 'rollback',
      backup: 'skip',
      'backup-destination': 'drive',
    }).finished;
    assert.equal(run.outputs['reason-code'], 'bad_input');
    assert.match(run.stdout, /to-version: is needed by mode: rollback/);
    assert.match(run.stdout, /confirm: has to repeat the name of the environment/);
    assert.match(run.stdout, /transaction pooler/);
    assert.match(run.stdout, /would migrate production without a restore point/);
    assert.match(run.stdout, /is no destination of this version.*s3:\/\/bucket\/prefix/);
    assert.doesNotMatch(run.stdout.replaceAll(/^::add-mask::.*$/gm, ''), /canary-password/);
  });

  test('skip works for a throw-away environment and for this machine without one, and is said', async () => {
    const work = await fixture.workspace(notes);
    const url = await fixture.database();
    const run = await work.start({ 'database-url': url, backup: 'skip' }).finished;
    assert.deepEqual([run.outputs.decision, run.result.weakenings.length], ['applied', 1]);
    assert.match(run.stdout, /::warning::Weaker than standard: no backup/);
    const other = await work.start({
      'database-url': await fixture.database(),
      backup: 'skip',
      environment: 'demo',
      'throw-away': 'true',
    }).finished;
    assert.equal(other.outputs.decision, 'applied');
  });

  test('a failing file is undone whole, earlier ones stay, and the restore point is named', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace({
      ...notes,
      '20260103000000_bad.sql': `create table half (id int);\ninsert into notes values (1, 'canary-again');`,
      '20260104000000_later.sql': 'create table later (id int);',
    });
    const run = await work.start(fixture.withBackup(url, work.backups)).finished;
    assert.deepEqual([run.exitCode, run.outputs.decision, run.outputs['reason-code']], [1, 'failed', 'sql_error']);
    assert.deepEqual(JSON.parse(run.outputs.applied ?? ''), ['20260101000000_notes.sql']);
    assert.match(
      run.outputs.summary ?? '',
      /bad\.sql line 2: .*23505.*applied before it and kept: .*not reached: .*later\.sql; restore point: backup-production-/,
    );
    assert.doesNotMatch(run.stdout + JSON.stringify(run.outputs), /canary-again/);
    assert.deepEqual(await fixture.history(url), ['20260101000000']);
  });

  test('two at once: one applies, the other waits and finds nothing pending', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace({ ...notes, '20260102000000_b.sql': 'create table b (id int)' });
    const runs = await Promise.all([1, 2].map(() => work.start({ 'database-url': url, backup: 'skip' }).finished));
    assert.deepEqual(
      runs.map((run) => run.exitCode),
      [0, 0],
      runs.map((run) => run.stdout).join(),
    );
    assert.equal((await fixture.history(url)).length, 2);
    assert.ok(runs.some((run) => run.outputs.decision === 'applied'));
  });

  describe('as a step of a release', () => {
    const handle = formatReleaseHandle({
      schemaVersion: 1,
      key: '1:production:7',
      environment: 'production',
      production: true,
      as: 'production',
      ledgerId: 42,
      repository: 'org/notes',
      runId: 7,
      commit: 'a'.repeat(40),
      version: 'v1',
      openedAt: 0,
      autoAssign: true,
      url: 'https://notes.example.com',
      mode: 'auto',
      firstDeployment: false,
    });
    async function github(answer: number) {
      const statuses: string[] = [];
      const server = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        // Earlier backups are asked for, too: there are none.
        if (request.method === 'GET')
          return void response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
        const status = JSON.parse(body || '{}');
        statuses.push(status.description);
        response.writeHead(answer, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            id: 1,
            // A new Deployment says what it was asked for, a status has none of these.
            ref: status.ref,
            sha: status.ref,
            task: status.task,
            environment: status.environment,
            payload: status.payload,
            state: status.state,
            description: status.description,
            created_at: new Date().toISOString(),
          }),
        );
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      return {
        statuses,
        environment: { GITHUB_API_URL: `http://127.0.0.1:${port}` },
        close: () => new Promise((resolve) => server.close(resolve)),
      };
    }
    const release = (url: string, backups: string) => ({
      ...fixture.withBackup(url, backups),
      release: handle,
      'github-token': 'ghs_token',
    });

    test('the intent is written before and the outcome after, with the digest of the backup', async () => {
      const url = await fixture.database();
      const work = await fixture.workspace(notes);
      const api = await github(201);
      const run = await work.start(release(url, work.backups), api.environment).finished;
      await api.close();
      assert.equal(run.outputs.decision, 'applied', run.stdout);
      assert.deepEqual(api.statuses, [
        'ops:migrate:intent:apply 1 pending',
        // The record of what is about to be applied (S3), then that of the backup with its digest (S26).
        'forward: 1 migration file',
        `backup verified: ${run.outputs['backup-manifest']?.replace(/\.manifest\.json$/, '')}`,
        `sha256:${run.result.backup.sha256} ${run.result.backup.bytes} bytes`,
        'ops:migration:outcome:applied 20260101000000',
        `ops:migrate:outcome:backup-verified sha256:${run.result.backup.sha256} ${run.result.backup.bytes} bytes`,
        'ops:migrate:outcome:applied 1 applied, newest 20260101000000',
      ]);
    });

    test('without its record no migration starts', async () => {
      const url = await fixture.database();
      const work = await fixture.workspace(notes);
      const api = await github(403);
      const run = await work.start(release(url, work.backups), api.environment).finished;
      await api.close();
      assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['failed', 'release_not_recorded']);
      assert.ok(!existsSync(work.backups));
      assert.equal((await fixture.query(url, `SELECT 1 FROM pg_tables WHERE tablename = 'notes'`)).length, 0);
    });

    test('where ops.yml leaves migrations to a person, a release refuses', async () => {
      const url = await fixture.database();
      const work = await fixture.workspace(notes);
      await mkdir(join(work.root, 'work/.github'));
      await writeFile(
        join(work.root, 'work/.github/ops.yml'),
        'environments:\n  production:\n    database:\n      apply: manual\n',
      );
      const api = await github(201);
      const run = await work.start(release(url, work.backups), api.environment).finished;
      await api.close();
      assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['refused', 'applied_by_hand'], run.stdout);
      assert.deepEqual(api.statuses, []);
    });
  });
});
