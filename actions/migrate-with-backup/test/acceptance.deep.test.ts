import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { untilRows } from '#backup/test-database';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { type Fixture, notes, safe, skip, startFixture } from './fixture.ts';

describe('migrate-with-backup, longer', { skip }, () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture?.end());

  test('max-age accepts the proven backup of an earlier run that stands in the ledger, and no manifest that was swapped', async () => {
    const github = await startDeployments();
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    const inputs = {
      ...fixture.withBackup(url, work.backups),
      environment: 'staging',
      'github-token': 'ghs_test',
      'max-age': '1h',
    };
    const start = (more: Record<string, string> = {}) =>
      work.start({ ...inputs, ...more }, { GITHUB_API_URL: github.address, GITHUB_SHA: '0'.repeat(40) }).finished;
    const stored = async () => (await readdir(work.backups)).filter((name) => name.endsWith('.manifest.json')).length;
    try {
      const first = await start();
      assert.equal(first.outputs.decision, 'applied', first.stdout);
      await work.write(safe);
      const second = await start();
      assert.match(second.stdout, /using the proven backup .*0 minutes old \(max-age\)/);
      assert.deepEqual([await stored(), second.outputs['backup-manifest']], [1, first.outputs['backup-manifest']]);
      // The same object beside a manifest that was touched, and a run that cannot ask the ledger: a fresh one is made.
      const manifest = join(work.backups, first.outputs['backup-manifest'] ?? '');
      await writeFile(manifest, `${await readFile(manifest, 'utf8')} `);
      await work.write({ '20260103000000_more.sql': 'create table more (id int primary key)' });
      const third = await start();
      assert.equal(third.outputs.decision, 'applied', third.stdout);
      assert.match(third.stdout, /is not used: it stands in no record as it lies there/);
      await work.write({ '20260103500000_most.sql': 'create table most (id int primary key)' });
      const fourth = await start({ 'github-token': '' });
      assert.deepEqual([fourth.outputs.decision, await stored()], ['applied', 3], fourth.stdout);
    } finally {
      await github.stop();
    }
    await work.write({ '20260104000000_last.sql': 'create table last (id int primary key)' });
    const weak = { verify: 'checksum', 'verify-reason': 'too large for a runner' };
    const third = await work.start({ ...fixture.withBackup(url, work.backups), ...weak }).finished;
    assert.equal(third.outputs.decision, 'applied', third.stdout);
    assert.match(third.result.weakenings.join(), /checksum only, not restored \(verify: too large for a runner\)/);
    assert.match(third.stdout, /Weaker than standard: .*too large for a runner/);
  });

  test('killed at any moment and run again, every file is whole and applied once', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace({
      ...notes,
      '20260105000000_slow.sql': 'create table slow (id int); select pg_sleep(3); insert into slow values (1);',
      '20260106000000_index.sql': 'create index concurrently notes_title on notes (title);',
      '20260107000000_last.sql': 'create table last (id int); select pg_sleep(3); insert into last values (1);',
    });
    const sessions = `FROM pg_stat_activity WHERE application_name LIKE 'ops-actions%' AND datname = current_database()`;
    const waits = (event: string) => () => untilRows(url, `SELECT ${sessions} AND ${event}`);
    const rowsOf = async (table: string) => (await fixture.query(url, `SELECT FROM ${table}`).catch(() => [])).length;
    let holder: DatabaseConnection | undefined;
    const moments: [string, (text: () => string) => Promise<unknown>, newest: string | undefined][] = [
      ['before the first file', said('backing up'), undefined],
      ['in a file', waits("wait_event = 'PgSleep'"), '20260101000000'],
      [
        'in a statement that runs alone',
        waits("wait_event_type = 'Lock' AND query LIKE 'create index concurrently%'"),
        '20260105000000',
      ],
      ['behind that', said('applied 20260106000000_index.sql'), '20260106000000'],
    ];
    for (const [index, [moment, come, newest]] of moments.entries()) {
      if (moment === 'in a statement that runs alone') {
        holder = await connect(url, { applicationName: 'app' });
        await holder.query('BEGIN; LOCK TABLE notes IN ROW EXCLUSIVE MODE');
      }
      // As GitHub counts: two backups of one second and one attempt would meet.
      const attempt = { GITHUB_RUN_ATTEMPT: String(index + 1) };
      const { child, finished, text } = work.start(fixture.withBackup(url, work.backups), attempt);
      try {
        const ended = finished.then(({ exitCode }) => assert.fail(`it ended with ${exitCode} before that: ${text()}`));
        await Promise.race([come(text), ended]);
        const before = await fixture.history(url).catch((): string[] => []);
        assert.equal(before.at(-1), newest, `${moment}\n${text()}`);
      } finally {
        child.kill('SIGKILL');
      }
      assert.equal((await finished).signal, 'SIGKILL', moment);
      await holder?.close();
      holder = undefined;
      // The server goes on with what it was sent, also when nobody is there to hear of it.
      await untilRows(url, `SELECT WHERE NOT EXISTS (SELECT ${sessions})`);
      const versions = await fixture.history(url).catch((): string[] => []);
      // A file is in the history exactly when what it made is there.
      assert.equal(await rowsOf('slow'), versions.includes('20260105000000') ? 1 : 0, moment);
      assert.equal(await rowsOf('last'), versions.includes('20260107000000') ? 1 : 0, moment);
    }
    const last = { GITHUB_RUN_ATTEMPT: String(moments.length + 1) };
    const run = await work.start(fixture.withBackup(url, work.backups), last).finished;
    assert.equal(run.exitCode, 0, run.stdout);
    assert.deepEqual(await fixture.history(url), [
      '20260101000000',
      '20260105000000',
      '20260106000000',
      '20260107000000',
    ]);
    assert.deepEqual([await rowsOf('slow'), await rowsOf('last')], [1, 1]);
  });

  test('cancelled during the backup, it ends in time, says so and leaves no half file', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    await work.start({ 'database-url': url, backup: 'skip' }).finished;
    await fixture.query(
      url,
      'CREATE TABLE big (v text); INSERT INTO big SELECT repeat(md5(g::text), 50) FROM generate_series(1, 60000) g',
    );
    await work.write(safe);
    const { child, finished, text } = work.start(fixture.withBackup(url, work.backups));
    while (!text().includes('backing up')) {
      assert.equal(child.exitCode, null, text());
      await delay(20);
    }
    const started = performance.now();
    child.kill('SIGINT');
    const run = await finished;
    assert.ok(performance.now() - started < 20_000);
    assert.deepEqual([run.exitCode, run.outputs.decision], [1, 'cancelled']);
    assert.deepEqual(
      (await readdir(work.backups)).filter((name) => name.endsWith('.partial')),
      [],
    );
    assert.deepEqual(await fixture.history(url), ['20260101000000']);
  });

  test('the password is in no argument of any process, no log line and no file', async () => {
    const url = await fixture.database();
    const { password } = new URL(url);
    const work = await fixture.workspace(notes);
    await work.start({ 'database-url': url, backup: 'skip' }).finished;
    await fixture.query(
      url,
      'CREATE TABLE big (v text); INSERT INTO big SELECT repeat(md5(g::text), 20) FROM generate_series(1, 120000) g',
    );
    await work.write(safe);
    const { finished } = work.start(fixture.withBackup(url, work.backups), {
      ACTIONS_STEP_DEBUG: 'true',
      RUNNER_DEBUG: '1',
    });
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

  test('in a public repository the manifest names no table and counts none', async () => {
    const url = await fixture.database();
    const work = await fixture.workspace(notes);
    assert.equal((await work.start(fixture.withBackup(url, work.backups)).finished).outputs.decision, 'applied');
    await work.write(safe);
    const event = join(work.root, 'event.json');
    await writeFile(event, JSON.stringify({ repository: { private: false } }));
    const environment = { GITHUB_RUN_ATTEMPT: '2', GITHUB_EVENT_PATH: event };
    const run = await work.start(fixture.withBackup(url, work.backups), environment).finished;
    assert.equal(run.outputs.decision, 'applied', run.stdout);
    const text = await readFile(join(work.backups, run.outputs['backup-manifest'] ?? ''), 'utf8');
    const manifest = JSON.parse(text) as { tables: unknown[]; rows: number };
    assert.deepEqual([manifest.tables, manifest.rows], [[], 2]);
    assert.doesNotMatch(text, /public\.notes/);
  });
});

/** Until a run has said so. */
const said = (words: string) => async (text: () => string) => {
  for (const deadline = Date.now() + 60_000; !text().includes(words); await delay(5)) {
    assert.ok(Date.now() < deadline, text());
  }
};

/** As much of GitHub's Deployments as a ledger of backups needs. */
async function startDeployments() {
  const kept: object[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const at = new Date().toISOString();
    const { pathname } = new URL(request.url ?? '', 'http://localhost');
    if (pathname.endsWith('/statuses')) return answer(201, { id: 1, state: 'inactive', created_at: at });
    if (request.method === 'GET') return answer(200, kept);
    const given = JSON.parse(Buffer.concat(chunks).toString()) as { ref: string };
    kept.unshift({ ...given, id: kept.length + 1, sha: given.ref, created_at: at });
    answer(201, kept[0]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}
