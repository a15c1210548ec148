import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { collectRelease, collectRollback } from '#cli/demo/collect-release';
import { renderReport } from '#cli/demo/report/render-report';
import { connect } from '#postgres/connection';
import { renderJunit } from '#probe/junit';
import {
  type Ended,
  type ReleaseFixture,
  releaseFixture,
  shortWatch,
  sickInPublic,
} from '../scenarios/release-fixture.ts';
import { startEchoServer } from './echo-server.ts';
import { betrayals } from './encoded-forms.ts';
import { filesBelow, watchCommandLines } from './left-behind.ts';

// S15: a release, one that is taken back, and a rollback by hand, as the composites run them, down to what every process
// really wrote: the runner's mask must never be what keeps a secret.

const debugging = {
  ACTIONS_STEP_DEBUG: 'true',
  RUNNER_DEBUG: '1',
  DEBUG: '*',
  NODE_DEBUG: 'http,net,tls,fetch,undici',
};

/** A smoke test that shows all it can see; only what is meant for it may be there. */
const showEnvironment = `const { VERCEL_AUTOMATION_BYPASS_SECRET: given, ...rest } = process.env;
console.log(JSON.stringify(rest), given === undefined ? 'without secret' : 'with the bypass secret');
`;

const random = (): string => randomBytes(12).toString('hex');
const password = `pa ss/w:rd%41"'<&>\\é@${random()}`;
const webhookSecret = `hook${random()}`;

let fixture: ReleaseFixture;
let folder = '';
let secrets: Record<string, string> = {};
let temporary: string | undefined;
const shared = new Set(readdirSync('/dev/shm'));
const good: Run = newRun();
const bad: Run = newRun();
const byHand: Run = newRun();

interface Run {
  ended?: Ended;
  rawLines: string[];
  /** Masked lines, annotations and summaries. */
  seen: string[];
  /** What lay in the runner's temporary folder when its last step had ended. */
  files: string[];
  commandLines: string[];
}

function newRun(): Run {
  return { rawLines: [], seen: [], files: [], commandLines: [] };
}

type Request = Parameters<ReleaseFixture['release']>[0];

async function observe(run: Run, start: (request: Omit<Request, 'version'>) => Promise<Ended>): Promise<void> {
  const watching = watchCommandLines();
  run.ended = await start({
    environment: {
      ...debugging,
      ACTIONS_RESULTS_URL: fixture.sandbox.artifacts.resultsUrl,
      ACTIONS_RUNTIME_TOKEN: fixture.sandbox.artifacts.runtimeToken,
    },
    onRawLine: (line) => run.rawLines.push(line),
    onEvent(event) {
      run.seen.push(JSON.stringify(event));
      if (event.kind === 'step-ended' && event.path.length === 1) {
        for (const { path, text } of filesBelow(join(folder, 'temporary'))) run.files.push(`${path}: ${text}`);
      }
    },
  });
  run.commandLines = watching.stop();
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ops-actions-canary-'));
  fixture = await releaseFixture({
    database: true,
    ops: {
      database: { backup: { destination: ['artifact', 'directory'], path: '.backups' } },
      smoke: 'node test/show-environment.js',
      watch: shortWatch,
    },
    files: { 'test/show-environment.js': showEnvironment },
  });
  const { sandbox } = fixture;
  const { vercel, github, slack, postgres, artifacts } = sandbox.description;
  const bypass = sandbox.vercel.protect(sandbox.vercel.project, 'all', true) ?? '';
  const database = await connect(postgres.url, { applicationName: 'canary test' });
  await database.query(`CREATE ROLE canary SUPERUSER LOGIN PASSWORD '${password.replaceAll("'", "''")}'`);
  await database.close();
  const url = new URL(postgres.url);
  const databaseUrl = `postgresql://canary:${encodeURIComponent(password)}@${url.host}${url.pathname}`;
  const identity = await generateX25519Identity();
  secrets = {
    'vercel token': vercel.token.slice(-20),
    'github token': github.token.slice(-20),
    'slack bot token': slack.token.slice(-20),
    'slack webhook': webhookSecret,
    'bypass secret': bypass,
    'database password': password,
    'age identity': identity,
    'any age identity': 'AGE-SECRET-KEY-1',
    'token of the artifact service': artifacts.runtimeToken.split('.').at(-1) ?? '',
  };
  temporary = process.env.TMPDIR;
  process.env.TMPDIR = join(folder, 'temporary');
  mkdirSync(process.env.TMPDIR);
  const inputs = {
    'database-url': databaseUrl,
    'age-recipients': await identityToRecipient(identity),
    'protection-bypass-secret': bypass,
  };
  await observe(good, (more) => fixture.release({ version: 'v1.0.0', inputs, ...more }));
  await observe(bad, (more) =>
    fixture.release({ version: 'v1.1.0', inputs, files: { 'api/health.js': sickInPublic }, ...more }),
  );
  const echo = await startEchoServer('refuses');
  const webhook = `${echo.address}/services/T0/B0/${webhookSecret}`;
  const told = { 'slack-bot-token': '', 'slack-webhook-url': webhook, target: 'v1.1.0', confirm: 'production' };
  await observe(byHand, (more) =>
    fixture.rollback({ version: 'v1.0.0', inputs: { 'protection-bypass-secret': bypass, ...told }, ...more }),
  );
  assert.ok(echo.requests() > 0, 'the webhook was called');
  echo.close();
  restoreTemporary();
});

function isAlive(pid: string | undefined): boolean {
  return pid !== undefined && existsSync(`/proc/${pid}`);
}

function restoreTemporary(): void {
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
}

after(async () => {
  restoreTemporary();
  await fixture?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe('no secret shows, with everything switched on that helps to find a fault', () => {
  it('in runs that ended as they should', () => {
    const ends = [good, bad, byHand].map(({ ended }) => `${ended?.decision} ${ended?.conclusion}`);
    assert.deepEqual(ends, ['released success', 'rolled-back failure', 'rolled-back failure'], byHand.ended?.lastLine);
    assert.ok(
      good.rawLines.some((line) => line.includes('with the bypass secret')),
      'the smoke test was given its secret',
    );
  });

  for (const [name, run] of Object.entries({
    'the release': good,
    'the one taken back': bad,
    'the rollback': byHand,
  })) {
    it(`in what the processes of ${name} wrote, before masking`, () => {
      const masks = run.rawLines.filter((line) => line.startsWith('::add-mask::'));
      assert.ok(masks.length > 3, 'secrets are masked');
      const others = run.rawLines.filter((line) => !line.startsWith('::add-mask::'));
      assert.ok(others.length > 20);
      assert.deepEqual(betrayals(others.join('\n'), secrets), []);
    });

    it(`in log, annotations, summaries and outputs of ${name}`, () => {
      assert.deepEqual(betrayals(run.seen.join('\n'), secrets), []);
      assert.deepEqual(betrayals(JSON.stringify(run.ended?.report), secrets), []);
    });

    it(`in the files of ${name} while it ran, and in the command line of any process`, () => {
      assert.ok(run.files.length > 0);
      assert.deepEqual(betrayals(run.files.join('\n'), secrets), []);
      assert.ok(
        run.commandLines.some((line) => line.includes('dist/index.js')),
        'the samples saw the steps',
      );
      assert.deepEqual(betrayals(run.commandLines.join('\n'), secrets), []);
    });
  }

  it('in the report, its JSON and the JUnit file made of them', () => {
    const [release, taken] = [good, bad].map(({ ended }) => ended as Ended);
    assert.ok(release && taken);
    const story = [release, taken].map((ended, index) =>
      collectRelease({
        version: `v1.${index}.0`,
        expected: ended.decision ?? '',
        commit: '0'.repeat(40),
        startedAt: 1,
        endedAt: 2,
        report: ended.report,
      }),
    );
    const result = {
      schemaVersion: 1 as const,
      startedAt: 1,
      endedAt: 2,
      asExpected: true,
      releases: story,
      rollback: collectRollback(taken.report, () => 0),
      slack: { messages: [], edits: 0, replies: 0 },
      issues: [],
      traffic: { requests: 0, failed: 0, seconds: [] },
      autoAssign: { before: true, after: true },
    };
    assert.ok(result.rollback !== null);
    assert.deepEqual(betrayals(JSON.stringify(result, null, 2), secrets), []);
    assert.deepEqual(betrayals(renderReport(result), secrets), []);
    const smoke = release.result('smoke') as unknown as Parameters<typeof renderJunit>[0];
    assert.ok(smoke.tests.length > 0);
    assert.deepEqual(betrayals(renderJunit({ ...smoke, name: 'smoke' }), secrets), []);
  });

  it('in Slack, issues, the ledger, or anything that is sent to a service', async () => {
    const told = [...(await fixture.slack()), JSON.stringify(await fixture.issues())];
    assert.deepEqual(betrayals(told.join('\n'), secrets), []);
    const sent = fixture.sandbox.requests().map(({ path, query, body }) => JSON.stringify({ path, query, body }));
    assert.deepEqual(betrayals(sent.join('\n'), secrets), []);
    const deployed = fixture.sandbox.vercel
      .deployments()
      .map(({ meta, buildLog }) => JSON.stringify({ meta, buildLog }));
    assert.deepEqual(betrayals(deployed.join('\n'), secrets), []);
  });

  it('in any file that is left: checkouts with their backups, temporary folders, memory', () => {
    const checkouts = [...filesBelow(dirname(fixture.repository.directory))];
    assert.ok(checkouts.some(({ path }) => path.includes('.backups')));
    // Folders in memory carry the process that owns them; those of others are none of ours.
    const memory = readdirSync('/dev/shm').filter(
      (name) => !shared.has(name) && !isAlive(/^ops-actions-scratch-(\d+)-/.exec(name)?.[1]),
    );
    const left = [
      ...checkouts,
      ...filesBelow(join(folder, 'temporary')),
      ...memory.flatMap((name) => [...filesBelow(join('/dev/shm', name))]),
    ];
    for (const { path, text } of left) assert.deepEqual(betrayals(text, secrets), [], path);
    assert.deepEqual(readdirSync(join(folder, 'temporary')), [], 'the temporary folder is empty');
  });
});

describe('what counts as a secret', () => {
  it('an empty one counts as not given', async () => {
    const ended = await fixture.release({
      version: 'v2.0.0',
      inputs: { 'protection-bypass-secret': '', 'vercel-token': '' },
    });
    assert.equal(ended.decision, 'refused');
    assert.match(ended.errors.join('\n'), /no Vercel token/);
  });

  it('one under four characters is refused, not masked', async () => {
    const rawLines: string[] = [];
    const ended = await fixture.release({
      version: 'v2.0.0',
      inputs: { 'vercel-token': 'abc' },
      onRawLine: (line) => rawLines.push(line),
    });
    assert.equal(ended.decision, 'refused');
    assert.match(ended.errors.join('\n'), /vercel-token: is too short to be a secret/);
    assert.equal(
      rawLines.some((line) => line.endsWith('::add-mask::abc')),
      false,
    );
    assert.equal(ended.errors.join('\n').includes('"abc"'), false, 'and not repeated');
  });
});
