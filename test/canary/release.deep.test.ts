import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { renderReport } from '#cli/demo/report/render-report';
import type { RunnerEvent } from '#local-runner/run-composite';
import { connect } from '#postgres/connection';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { asDemo } from '../scenarios/as-demo.ts';
import {
  type Ended,
  type ReleaseFixture,
  releaseFixture,
  shortWatch,
  sickInPublic,
  soonSick,
} from '../scenarios/release-fixture.ts';
import { betrayals } from './encoded-forms.ts';
import { filesBelow, watchCommandLines } from './left-behind.ts';

/** S15 and I8 on the whole path: four releases that end in different ways, with everything that people switch on to find a fault. */
const row = `rowCanary${randomBytes(12).toString('hex')}`;
const bypass = `bypassCanary${randomBytes(12).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'ops-actions-canary-'));
const debugging = {
  ACTIONS_STEP_DEBUG: 'true',
  RUNNER_DEBUG: '1',
  DEBUG: '*',
  NODE_DEBUG: 'http,https,http2,net,tls,dns,stream,timer,fetch,undici,fs,esm',
};
const unique = 'CREATE UNIQUE INDEX notes_once ON notes (text);\n';
const column = 'ALTER TABLE notes ADD COLUMN color text;\n';

let fixture: ReleaseFixture;
let secrets: Record<string, string>;
const shared = new Set(readdirSync('/dev/shm'));
const events: RunnerEvent[] = [];
/** Without the masks of the runner: it hides whole values, not pieces, and there is none on a laptop. */
const rawLines: string[] = [];
const ends: Ended[] = [];
const charts: string[] = [];
let commandLines: string[] = [];

before(async () => {
  fixture = await releaseFixture({
    database: true,
    ops: {
      database: { backup: { destination: 'directory', path: join(folder, 'backups') } },
      watch: shortWatch,
      health: soonSick,
    },
  });
  const { vercel, github, slack, postgres } = fixture.sandbox.description;
  // Only the random part of a token: its beginning names the service and may be shown.
  const tail = (token: string): string => token.slice(-20);
  secrets = {
    'vercel-token': tail(vercel.token),
    'github-token': tail(github.token),
    'slack-bot-token': tail(slack.token),
    'database password': new URL(postgres.url).password,
    'bypass secret': bypass,
    'value of a row': row,
  };
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = join(folder, 'temporary');
  mkdirSync(process.env.TMPDIR);
  const watching = watchCommandLines();
  const release = async (version: string, files: Record<string, string> = {}): Promise<void> => {
    const inputs = { 'age-recipients': recipient, 'protection-bypass-secret': bypass };
    const onEvent = (event: RunnerEvent): void => {
      events.push(event);
      // What a workflow would upload, before the runner's folder goes.
      const chart = event.kind === 'step-ended' ? event.step.outputs.chart : undefined;
      if (chart) charts.push(readFileSync(chart, 'utf8'));
    };
    const onRawLine = (line: string): void => {
      if (!line.startsWith('::add-mask::')) rawLines.push(line);
    };
    ends.push(await fixture.release({ version, files, inputs, environment: debugging, onEvent, onRawLine }));
  };
  await release('v1.0.0');
  const database = await connect(postgres.url, { applicationName: 'canary test' });
  await database.query('INSERT INTO notes (text) VALUES ($1), ($1)', [row]);
  await database.close();
  await release('v1.1.0', { 'supabase/migrations/20260106090000_once.sql': unique });
  await release('v1.2.0', { 'supabase/migrations/20260106090000_color.sql': column, 'api/health.js': sickInPublic });
  commandLines = watching.stop();
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
});
after(async () => {
  await fixture[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
  await removeWorkspaces();
});

describe('no secret and no row of a database shows (S15, I8)', () => {
  it('in releases that went well, failed in their migration, and were taken back', () => {
    const decisions = ends.map(({ decision, reasonCode }) => `${decision}: ${reasonCode}`);
    assert.match(
      decisions.join(', '),
      /^released: \w+, failed: \w+, rolled-back: health_failed$/,
      ends.at(-1)?.lastLine,
    );
    assert.ok(events.some(({ kind }) => kind === 'line'));
  });

  it('in logs, annotations, summaries and outputs', () => {
    assert.deepEqual(betrayals(events.map((event) => JSON.stringify(event)).join('\n'), secrets), []);
    assert.deepEqual(betrayals(JSON.stringify(ends), secrets), []);
    assert.ok(rawLines.length > 100, 'the processes wrote');
    assert.deepEqual(betrayals(rawLines.join('\n'), secrets), []);
  });

  it("in job summaries, and in the demo's result and report", async () => {
    const summaries = events.flatMap((event) => (event.kind === 'summary' ? [event.text] : []));
    assert.ok(summaries.length > 10, 'there are summaries');
    assert.deepEqual(betrayals(summaries.join('\n'), secrets), []);
    const demo = await asDemo(fixture, ends);
    assert.deepEqual(betrayals(JSON.stringify(demo), secrets), []);
    assert.deepEqual(betrayals(renderReport(demo), secrets), []);
  });

  it('in the JUnit file of a smoke command that prints all it was given, in every encoding', async () => {
    const own = { API_TOKEN: `tokenCanary&<"${randomBytes(12).toString('hex')}`, 'bypass secret': bypass };
    const leak = `const given = [process.env.API_TOKEN, process.env.VERCEL_AUTOMATION_BYPASS_SECRET];
      for (const secret of given) {
        const bytes = Buffer.from(secret);
        console.log(secret, encodeURIComponent(secret), JSON.stringify({ secret }), bytes.toString('hex'));
        for (const name of ['', 'a:', 'ab:', 'abc:']) {
          console.error('Authorization: Basic', Buffer.from(name + secret).toString('base64'));
          console.error(Buffer.from(name + secret + '?').toString('base64url'));
        }
        console.log(bytes.toString('hex').toUpperCase());
      }
      process.exitCode = 1;`;
    const run = await runBundle({
      action: 'smoke-test',
      inputs: {
        'base-url': fixture.address,
        command: 'node leak.mjs',
        'command-variables': 'API_TOKEN',
        'protection-bypass-secret': bypass,
        junit: 'junit.xml',
      },
      environment: { API_TOKEN: own.API_TOKEN, ...debugging },
      files: { 'leak.mjs': leak },
    });
    const junit = await run.read('junit.xml');
    assert.match(junit, /<failure[\s\S]*Authorization: Basic/);
    const log = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    for (const text of [junit, run.summary, JSON.stringify(run.outputs), log.join('\n')]) {
      assert.deepEqual(betrayals(text, own), []);
    }
  });

  it('in Slack, issues, the ledger, or anything that is sent to a service', async () => {
    const told = [...(await fixture.slack()), JSON.stringify(await fixture.issues())];
    assert.deepEqual(betrayals(told.join('\n'), secrets), []);
    const sent = fixture.sandbox.requests().map(({ path, query, body }) => JSON.stringify({ path, query, body }));
    assert.deepEqual(betrayals(sent.join('\n'), secrets), []);
  });

  it('in the chart of a watch that a workflow keeps', () => {
    assert.ok(charts.length > 0, 'there is a chart');
    for (const chart of charts) assert.match(chart, /^<svg /);
    assert.deepEqual(betrayals(charts.join('\n'), secrets), []);
  });

  it('in the command line of any process', { skip: process.platform === 'linux' ? false : 'needs /proc' }, () => {
    assert.ok(
      commandLines.some((line) => line.includes('pg_dump')),
      'the samples saw the tools',
    );
    assert.deepEqual(betrayals(commandLines.join('\n'), secrets), []);
  });

  it('in any file that is left', () => {
    const backups = [...filesBelow(join(folder, 'backups'))];
    assert.ok(backups.length > 0, 'there are backups');
    const left = [...filesBelow(join(folder, 'temporary')), ...backups];
    for (const name of readdirSync('/dev/shm')) {
      // The sandbox's own server holds the rows: it is the production of this test.
      if (!shared.has(name) && !name.includes(`-${process.pid}-`)) left.push(...filesBelow(join('/dev/shm', name)));
    }
    for (const { path, text } of left) assert.deepEqual(betrayals(text, secrets), [], path);
  });
});
