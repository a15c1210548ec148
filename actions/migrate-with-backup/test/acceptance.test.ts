import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { formatReleaseHandle } from '#release/release-handle';
import { bundle, createWorkspace } from './run-bundle.ts';

const installed = (await listPostgres()).some((found) => found.server);
const skip = !existsSync(bundle)
  ? 'dist is not built: npm run build migrate-with-backup'
  : installed
    ? false
    : 'no PostgreSQL server programs on this machine';

const notes = {
  '20260101000000_notes.sql': `create table notes (id int primary key, title text); insert into notes values (1, 'canary-row');`,
};
const unsafe = {
  '20260102000000_rating.sql': '-- five stars\n\nalter table notes add column rating integer not null;',
};
const safe = { '20260102000000_rating.sql': 'alter table notes add column rating integer not null default 0;' };

describe('migrate-with-backup', { skip }, () => {
  let cluster: Cluster;
  let recipient: string;
  let counter = 0;
  const workspaces: Awaited<ReturnType<typeof createWorkspace>>[] = [];

  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    recipient = (await createOneTimeKey()).recipient;
  });
  after(async () => {
    await cluster?.stop();
    for (const workspace of workspaces) await workspace.remove();
  });

  async function database(): Promise<string> {
    const name = `case${++counter}`;
    await query(cluster.url, `CREATE DATABASE ${name}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
    const connection = await connect(url, { applicationName: 'test' });
    try {
      return await connection.query<Row>(sql);
    } finally {
      await connection.close();
    }
  }
  async function workspace(migrations: Record<string, string>) {
    const made = await createWorkspace(migrations);
    workspaces.push(made);
    return made;
  }
  const withBackup = (url: string, backups: string) => ({
    'database-url': url,
    environment: 'production',
    'backup-destination': 'directory',
    'backup-path': backups,
    'age-recipients': recipient,
  });
  const history = async (url: string) =>
    (await query<{ version: string }>(url, 'SELECT version FROM supabase_migrations.schema_migrations ORDER BY 1')).map(
      (row) => row.version,
    );

  test('backs up, applies, and with nothing pending makes no backup', async () => {
    const url = await database();
    const work = await workspace(notes);
    const first = await work.start(withBackup(url, work.backups)).finished;
    assert.equal(first.exitCode, 0, first.stdout);
    assert.deepEqual([first.outputs.decision, first.outputs['reason-code']], ['applied', 'applied']);
    assert.deepEqual(first.result.backup.reasonCode, 'empty_source');
    await work.write(safe);
    const second = await work.start(withBackup(url, work.backups)).finished;
    assert.equal(second.outputs.decision, 'applied');
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
    const third = await work.start(withBackup(url, work.backups)).finished;
    assert.deepEqual([third.outputs.decision, third.outputs['reason-code']], ['nothing-pending', 'up_to_date']);
    assert.equal((await readdir(work.backups)).length, 6);
    for (const name of stored) assert.doesNotMatch(await readFile(join(work.backups, name), 'latin1'), /canary-row/);
  });

  test('refuses an unsafe migration with file, line and the corrected statement, and changes nothing', async () => {
    const url = await database();
    const work = await workspace(notes);
    await work.start(withBackup(url, work.backups)).finished;
    await work.write(unsafe);
    const run = await work.start(withBackup(url, join(work.root, 'none'))).finished;
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
    assert.deepEqual(await history(url), ['20260101000000']);
    assert.ok(!existsSync(join(work.root, 'none')));
  });

  test('max-age accepts the proven backup of an earlier run, and a weaker proof is said with its reason', async () => {
    const url = await database();
    const work = await workspace(notes);
    await work.start(withBackup(url, work.backups)).finished;
    await work.write(safe);
    const first = await work.start({ ...withBackup(url, work.backups), 'max-age': '1h' }).finished;
    assert.equal(first.outputs.decision, 'applied', first.stdout);
    const stored = (await readdir(work.backups)).length;
    await work.write({ '20260103000000_more.sql': 'create table more (id int primary key)' });
    const second = await work.start({ ...withBackup(url, work.backups), 'max-age': '1h' }).finished;
    assert.equal(second.outputs.decision, 'applied', second.stdout);
    assert.match(second.stdout, /using the proven backup .*0 minutes old \(max-age\)/);
    assert.deepEqual(
      [(await readdir(work.backups)).length, second.outputs['backup-manifest']],
      [stored, first.outputs['backup-manifest']],
    );
    await work.write({ '20260104000000_last.sql': 'create table last (id int primary key)' });
    const weak = { verify: 'checksum', 'verify-reason': 'too large for a runner' };
    const third = await work.start({ ...withBackup(url, work.backups), ...weak }).finished;
    assert.equal(third.outputs.decision, 'applied', third.stdout);
    assert.match(third.result.weakenings.join(), /checksum only, not restored \(verify: too large for a runner\)/);
    assert.match(third.stdout, /Weaker than standard: .*too large for a runner/);
  });

  test('mode plan shows and changes nothing', async () => {
    const url = await database();
    const work = await workspace(notes);
    const run = await work.start({ 'database-url': url, mode: 'plan' }).finished;
    assert.deepEqual([run.exitCode, run.outputs.decision], [0, 'planned'], run.stdout);
    assert.deepEqual(JSON.parse(run.outputs.pending ?? ''), ['20260101000000_notes.sql']);
    assert.equal((await query(url, `SELECT 1 FROM pg_namespace WHERE nspname = 'supabase_migrations'`)).length, 0);
  });

  test('a migrations folder without a database is refused; without a folder there is nothing to do', async () => {
    const run = await (await workspace(notes)).start({}).finished;
    assert.deepEqual([run.exitCode, run.outputs['reason-code']], [1, 'database_url_missing']);
    const none = await (await workspace({})).start({}).finished;
    assert.deepEqual([none.exitCode, none.outputs['reason-code']], [0, 'not_configured']);
    const named = await (await workspace({})).start({ 'migrations-dir': 'db' }).finished;
    assert.deepEqual([named.exitCode, named.outputs['reason-code']], [1, 'migrations_missing']);
  });

  test('without a recipient it refuses and says how to make a key', async () => {
    const url = await database();
    const work = await workspace(notes);
    const run = await work.start({ ...withBackup(url, work.backups), 'age-recipients': '' }).finished;
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['refused', 'no_recipients']);
    assert.match(run.outputs.summary ?? '', /age-keygen -o backup-key\.txt/);
    assert.ok(!existsSync(work.backups));
  });

  test('all mistakes of the inputs come at once, and nothing of the address is repeated', async () => {
    const work = await workspace(notes);
    const run = await work.start({
      'database-url': 'postgresql://postgres:canary-password@db.example.com:6543/postgres?sslmode=disable',
      environment: 'production',
      mode: 'rollback',
      backup: 'skip',
      'backup-destination': 's3',
    }).finished;
    assert.equal(run.outputs['reason-code'], 'bad_input');
    assert.match(run.stdout, /to-version: is needed by mode: rollback/);
    assert.match(run.stdout, /confirm: has to repeat the name of the environment/);
    assert.match(run.stdout, /transaction pooler/);
    assert.match(run.stdout, /would migrate production without a restore point/);
    assert.match(run.stdout, /is no destination of this version.*s3/);
    assert.doesNotMatch(run.stdout.replaceAll(/^::add-mask::.*$/gm, ''), /canary-password/);
  });

  test('skip works for a throw-away environment and for this machine without one, and is said', async () => {
    const work = await workspace(notes);
    const url = await database();
    const run = await work.start({ 'database-url': url, backup: 'skip' }).finished;
    assert.deepEqual([run.outputs.decision, run.result.weakenings.length], ['applied', 1]);
    assert.match(run.stdout, /::warning::Weaker than standard: no backup/);
    const other = await work.start({
      'database-url': await database(),
      backup: 'skip',
      environment: 'demo',
      'throw-away': 'true',
    }).finished;
    assert.equal(other.outputs.decision, 'applied');
  });

  test('a failing file is undone whole, earlier ones stay, and the restore point is named', async () => {
    const url = await database();
    const work = await workspace({
      ...notes,
      '20260103000000_bad.sql': `create table half (id int);\ninsert into notes values (1, 'canary-again');`,
      '20260104000000_later.sql': 'create table later (id int);',
    });
    const run = await work.start(withBackup(url, work.backups)).finished;
    assert.deepEqual([run.exitCode, run.outputs.decision, run.outputs['reason-code']], [1, 'failed', 'sql_error']);
    assert.deepEqual(JSON.parse(run.outputs.applied ?? ''), ['20260101000000_notes.sql']);
    assert.match(
      run.outputs.summary ?? '',
      /bad\.sql line 2: .*23505.*applied before it and kept: .*not reached: .*later\.sql; restore point: backup-production-/,
    );
    assert.doesNotMatch(run.stdout + JSON.stringify(run.outputs), /canary-again/);
    assert.deepEqual(await history(url), ['20260101000000']);
  });

  test('killed at any moment and run again, every file is whole and applied once', async () => {
    const url = await database();
    const work = await workspace({
      ...notes,
      '20260105000000_slow.sql': 'create table slow (id int); select pg_sleep(0.6); insert into slow values (1);',
      '20260106000000_index.sql': 'create index concurrently notes_title on notes (title);',
      '20260107000000_last.sql': 'create table last (id int);',
    });
    for (const wait of [150, 900, 1400, 1900]) {
      const { child, finished } = work.start(withBackup(url, work.backups));
      await delay(wait);
      child.kill('SIGKILL');
      await finished;
      const slow = await query(url, `SELECT 1 FROM pg_tables WHERE tablename = 'slow'`);
      const versions = slow.length === 0 ? [] : await history(url);
      // A file is in the history exactly when what it made is there.
      assert.equal(versions.includes('20260105000000'), slow.length === 1);
    }
    const run = await work.start(withBackup(url, work.backups)).finished;
    assert.equal(run.exitCode, 0, run.stdout);
    assert.deepEqual(await history(url), ['20260101000000', '20260105000000', '20260106000000', '20260107000000']);
    assert.equal((await query(url, 'SELECT 1 FROM slow')).length, 1);
  });

  test('two at once: one applies, the other waits and finds nothing pending', async () => {
    const url = await database();
    const work = await workspace({ ...notes, '20260102000000_b.sql': 'create table b (id int)' });
    const runs = await Promise.all([1, 2].map(() => work.start({ 'database-url': url, backup: 'skip' }).finished));
    assert.deepEqual(
      runs.map((run) => run.exitCode),
      [0, 0],
      runs.map((run) => run.stdout).join(),
    );
    assert.equal((await history(url)).length, 2);
    assert.ok(runs.some((run) => run.outputs.decision === 'applied'));
  });

  test('cancelled during the backup, it ends in time, says so and leaves no half file', async () => {
    const url = await database();
    const work = await workspace(notes);
    await work.start({ 'database-url': url, backup: 'skip' }).finished;
    await query(
      url,
      'CREATE TABLE big (v text); INSERT INTO big SELECT repeat(md5(g::text), 50) FROM generate_series(1, 60000) g',
    );
    await work.write(safe);
    const { child, finished, text } = work.start(withBackup(url, work.backups));
    while (!text().includes('backing up')) {
      assert.equal(child.exitCode, null, text());
      await delay(20);
    }
    const started = performance.now();
    child.kill('SIGINT');
    const run = await finished;
    assert.ok(performance.now() - started < 6_000);
    assert.deepEqual([run.exitCode, run.outputs.decision], [1, 'cancelled']);
    assert.deepEqual(
      (await readdir(work.backups)).filter((name) => name.endsWith('.partial')),
      [],
    );
    assert.deepEqual(await history(url), ['20260101000000']);
  });

  test('the password is in no argument of any process, no log line and no file', async () => {
    const url = await database();
    const { password } = new URL(url);
    const work = await workspace(notes);
    await work.start({ 'database-url': url, backup: 'skip' }).finished;
    await query(
      url,
      'CREATE TABLE big (v text); INSERT INTO big SELECT repeat(md5(g::text), 20) FROM generate_series(1, 30000) g',
    );
    await work.write(safe);
    const { finished } = work.start(withBackup(url, work.backups), { ACTIONS_STEP_DEBUG: 'true', RUNNER_DEBUG: '1' });
    let running = true;
    const seen = new Set<string>();
    const sampling = (async () => {
      while (running) {
        for (const pid of await readdir('/proc')) {
          if (!/^\d+$/.test(pid)) continue;
          seen.add(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
        }
        await delay(10);
      }
    })();
    const run = await finished;
    running = false;
    await sampling;
    assert.equal(run.outputs.decision, 'applied', run.stdout);
    const commands = [...seen].join('\n');
    assert.match(commands, /pg_dump/);
    assert.match(commands, /pg_restore/);
    assert.ok(!commands.includes(password));
    assert.ok(!run.stdout.replaceAll(/^::add-mask::.*$/gm, '').includes(password));
    for (const name of await readdir(work.root, { recursive: true })) {
      const text = await readFile(join(work.root, name), 'latin1').catch(() => '');
      assert.ok(!text.includes(password), name);
    }
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
        const status = JSON.parse(body || '{}');
        statuses.push(status.description);
        response.writeHead(answer, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            id: 1,
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
      ...withBackup(url, backups),
      release: handle,
      'github-token': 'ghs_token',
    });

    test('the intent is written before and the outcome after, with the digest of the backup', async () => {
      const url = await database();
      const work = await workspace(notes);
      const api = await github(201);
      const run = await work.start(release(url, work.backups), api.environment).finished;
      await api.close();
      assert.equal(run.outputs.decision, 'applied', run.stdout);
      assert.deepEqual(api.statuses, [
        'ops:migrate:intent:apply 1 pending',
        `ops:migrate:outcome:backup-verified sha256:${run.result.backup.sha256} ${run.result.backup.bytes} bytes`,
        'ops:migrate:outcome:applied 1 applied, newest 20260101000000',
      ]);
    });

    test('without its record no migration starts', async () => {
      const url = await database();
      const work = await workspace(notes);
      const api = await github(403);
      const run = await work.start(release(url, work.backups), api.environment).finished;
      await api.close();
      assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['failed', 'release_not_recorded']);
      assert.ok(!existsSync(work.backups));
      assert.equal((await query(url, `SELECT 1 FROM pg_tables WHERE tablename = 'notes'`)).length, 0);
    });

    test('where ops.yml leaves migrations to a person, a release refuses', async () => {
      const url = await database();
      const work = await workspace(notes);
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
