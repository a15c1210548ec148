import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { untilRows } from '#backup/test-database';

const bundle = join(import.meta.dirname, '../dist/index.js');
const installed = (await listPostgres()).some((found) => found.server);
const skip = !existsSync(bundle)
  ? 'dist is not built: npm run build database-doctor'
  : installed
    ? false
    : 'no PostgreSQL server programs on this machine';

describe('database-doctor', { skip }, () => {
  let cluster: Cluster;
  let folder: string;
  const clients: pg.Client[] = [];
  let runs = 0;

  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
    const admin = await client('admin');
    await admin.query(`CREATE ROLE web LOGIN PASSWORD 'web-password' CONNECTION LIMIT 40;
      CREATE TABLE notes (id int PRIMARY KEY, title text); ALTER TABLE notes OWNER TO web; ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
      CREATE POLICY everybody ON notes USING (true); INSERT INTO notes VALUES (1, 'canary-31')`);
  });
  after(async () => {
    for (const one of clients) await one.end().catch(() => {});
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function client(application: string, user?: string): Promise<pg.Client> {
    const url = new URL(cluster.url);
    if (user !== undefined) Object.assign(url, { username: user, password: `${user}-password` });
    const one = new pg.Client({ connectionString: url.href, application_name: application });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  }

  async function run(inputs: Record<string, string>) {
    const output = join(folder, `output-${++runs}`);
    const summary = join(folder, `summary-${runs}`);
    const environment = Object.fromEntries(
      Object.entries({ 'database-url': cluster.url, environment: 'production', ...inputs }).map(([name, value]) => [
        `INPUT_${name.toUpperCase()}`,
        value,
      ]),
    );
    const child = spawn(process.execPath, [bundle], {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        GITHUB_WORKSPACE: folder,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_REPOSITORY: 'org/notes',
        GITHUB_RUN_ID: '7',
        GITHUB_RUN_ATTEMPT: '1',
        GITHUB_ACTOR: 'ada',
        ...environment,
      },
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    const outputs: Record<string, string> = {};
    const written = await readFile(output, 'utf8').catch(() => '');
    for (const [, name = '', , value = ''] of written.matchAll(/^(.+)<<(\S+)\n([\s\S]*?)\n\2$/gm))
      outputs[name] = value;
    return {
      exitCode,
      text,
      outputs,
      result: outputs.result ? JSON.parse(outputs.result) : undefined,
      summary: await readFile(summary, 'utf8').catch(() => ''),
    };
  }

  test('a healthy database is green, and the next report says what has grown since an earlier report', async () => {
    const kept = join(folder, 'report.json');
    const { exitCode, outputs, text, summary } = await run({
      'report-path': kept,
      expect: 'policy everybody on notes',
    });
    assert.equal(exitCode, 0, text);
    assert.deepEqual([outputs.decision, outputs['reason-code']], ['healthy', 'healthy']);
    assert.match(summary, /notes.* \| everybody \| ALL \| public/);
    assert.match(summary, /last backup \| not available: that needs environment and github\\?-token/);
    assert.match(summary, /CPU \| not available: that needs supabase\\?-access\\?-token and the project/);
    await (await client('admin')).query(
      "INSERT INTO notes SELECT g, repeat('x', 1000) FROM generate_series(2, 2001) AS g",
    );
    const later = await run({ previous: kept, expect: 'index notes_by_day' });
    assert.deepEqual(
      [later.outputs.decision, later.outputs['reason-code']],
      ['critical', 'object_missing'],
      later.text,
    );
    assert.match(later.summary, /`public\.notes` \| [\d.]+ MB \| \+2\.\d MB/);
    const wrong = await run({ previous: 'nothing.json', expect: 'tables notes' });
    assert.equal(wrong.outputs['reason-code'], 'bad_input');
    assert.match(wrong.text, /expect/);
  });

  test('forgotten transactions: seen, planned, refused without the typed word, ended with it', async () => {
    const forgotten = await client('forgotten', 'web');
    await forgotten.query("BEGIN; UPDATE notes SET title = 'canary-32'");
    const waiting = (await client('reader', 'web')).query('ALTER TABLE notes ADD COLUMN colour text').catch(() => {});
    await untilRows(
      cluster.url,
      `SELECT FROM pg_stat_activity WHERE application_name = 'reader' AND wait_event_type = 'Lock'`,
    );
    const seen = await run({});
    assert.deepEqual([seen.outputs.decision, seen.outputs['reason-code']], ['findings', 'lock_queue'], seen.text);
    assert.match(seen.summary, /Who blocks whom/);
    const mitigate = { mitigate: 'terminate-idle-in-transaction', 'older-than': '100ms' };
    const planned = await run({ ...mitigate, 'dry-run': 'true' });
    assert.equal(planned.outputs.decision, 'planned', planned.text);
    assert.equal((await forgotten.query('SELECT 1')).rowCount, 1);
    const refused = await run(mitigate);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.text, /confirm.*type production to do this/);
    await delay(300);
    const done = await run({ ...mitigate, confirm: 'production' });
    assert.equal(done.outputs.decision, 'mitigated', done.text);
    assert.match(done.text, /audit: .* ada in run 7: terminate session \d+ \(forgotten as web\): done/);
    await waiting;
    for (const { text, summary, outputs } of [seen, planned, done]) {
      assert.ok(!`${text}${summary}${outputs.result}`.includes('canary'), 'a value of a query is shown');
    }
  });

  test('read-only is switched on with proof, told as expired, and off again', async () => {
    // Clients of this test have sessions of the superuser.
    const include = decodeURIComponent(new URL(cluster.url).username);
    const on = await run({ mitigate: 'read-only-on', expires: '1s', confirm: 'production', include });
    assert.equal(on.outputs.decision, 'mitigated', on.text);
    assert.match(on.outputs.summary ?? '', /read-only, proven by a refused write/);
    await delay(2100);
    const late = await run({});
    assert.deepEqual([late.exitCode, late.outputs['reason-code']], [1, 'read_only_expired'], late.text);
    const off = await run({ mitigate: 'read-only-off', confirm: 'production', include });
    assert.match(off.outputs.summary ?? '', /writable again/, off.text);
    assert.equal((await run({})).outputs.decision, 'healthy');
  });

  test('asked to look for damage it says how many rows, since when and how to restore, and refuses without queries', async () => {
    const without = await run({ 'look-for-damage': 'true' });
    assert.equal(without.outputs['reason-code'], 'bad_input', without.text);
    assert.match(without.text, /look-for-damage: needs to know how damage looks/);
    await mkdir(join(folder, '.github'));
    const config = join(folder, '.github', 'ops.yml');
    await writeFile(
      config,
      `environments: { production: {} }
database:
  damage-queries: { emptied: "SELECT id, timestamptz '2026-03-01 10:01:00+00' AS at FROM notes WHERE title = ''" }
`,
    );
    try {
      const admin = await client('admin');
      const sound = await run({ 'look-for-damage': 'true' });
      assert.deepEqual([sound.result?.damage.rows, sound.outputs.damage], [0, undefined]);
      await admin.query("INSERT INTO notes VALUES (900001, ''), (900002, '')");
      const { exitCode, outputs, result, summary, text } = await run({ 'look-for-damage': 'true' });
      await admin.query("DELETE FROM notes WHERE title = ''");
      assert.deepEqual([exitCode, outputs['reason-code']], [1, 'data_damaged'], text);
      assert.deepEqual(result?.damage, {
        rows: 2,
        first: Date.parse('2026-03-01T10:01:00Z') / 1000,
        restore:
          'node bin/ops-actions.js run actions/restore --input environment=production --input before=2026-03-01T10:01:00.000Z',
      });
      assert.match(summary, /2 damaged rows, the first at/);
      const { rows, queries } = JSON.parse(outputs.damage ?? '{}');
      assert.deepEqual([rows, queries], [2, [{ name: 'emptied', rows: 2, first: result?.damage.first }]]);
    } finally {
      await rm(config);
    }
  });

  test('no connection left is said as what it is', async () => {
    const url = new URL(cluster.url);
    Object.assign(url, { username: 'web', password: 'web-password' });
    const admin = await client('admin');
    await admin.query('ALTER ROLE web CONNECTION LIMIT 0');
    const full = await run({ 'database-url': url.href });
    await admin.query('ALTER ROLE web CONNECTION LIMIT 40');
    assert.deepEqual([full.exitCode, full.outputs['reason-code']], [1, 'connections_exhausted'], full.text);
  });
});
