import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { openLedger } from '#release/ledger';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';

const hour = 60 * 60_000;
let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

const windows = [
  { name: 'immediate', from: '0m', until: '5m', require: ['health ok', 'smoke passed', 'data-integrity passed'] },
  { name: 'extended', from: '2h', until: '24h', require: ['backups running', 'recovery verified'] },
];
const ops = { smoke: 'node smoke.js', 'after-release': { windows } };

/** A release that went live so long ago. */
async function live(runId: number, agoMs: number) {
  const { github } = await scene.connect();
  const handle = await scene.open({ runId, version: `v1.0.${runId}` });
  await openLedger(github, handle).record('release', 'outcome', 'released', 'passed');
  return {
    ledgerId: handle.ledgerId,
    key: handle.key,
    version: handle.version,
    commit: handle.commit,
    promotedAt: Date.now() - agoMs,
    decision: 'released',
  };
}

async function run(inputs: Record<string, string>, files: object = ops) {
  const { github, supabase } = scene.sandbox.description;
  return await runBundle({
    action: 'after-release',
    inputs: {
      environment: 'production',
      'github-token': github.token,
      'supabase-access-token': supabase.token,
      'supabase-project': supabase.project,
      'supabase-api-url': supabase.apiUrl,
      ...inputs,
    },
    environment: { GITHUB_API_URL: github.apiUrl, GITHUB_REPOSITORY: github.repository },
    files: { '.github/ops.yml': JSON.stringify(files) },
  });
}

interface Window {
  name: string;
  verdict: string;
  reasons: string[];
}

test('a failed backup of the platform keeps the window of a day open and is told once (BAK-12, PDW-07)', async () => {
  const insertedAt = new Date(Date.now() - hour).toISOString();
  Object.assign(scene.sandbox.supabase.backups, { daily: 0, others: [{ id: 1, status: 'FAILED', insertedAt }] });
  const release = await live(1, 25 * hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const looks = {
    health: 'pass',
    'health-summary': '2 checks passed',
    smoke: 'fail',
    'smoke-summary': '1 of 3 failed',
  };
  const first = await run({ measured, ...looks });
  assert.deepEqual([first.code, first.outputs.decision, first.outputs['reason-code']], [1, 'breach', 'window_failed']);
  const judged = first.result.windows as Window[];
  assert.deepEqual(
    judged.map(({ name, verdict }) => [name, verdict]),
    [
      ['immediate', 'fail'],
      ['extended', 'open'],
    ],
  );
  assert.match(judged[0]?.reasons[0] ?? '', /^smoke passed: 1 of 3 failed; looked 149\d min after the window$/);
  assert.match(judged[1]?.reasons[0] ?? '', /^backups running: the platform's backup of .* failed, and none has been/);
  assert.match(judged[1]?.reasons[1] ?? '', /^recovery verified: no recovery drill has passed yet; looked 60 min/);
  assert.match(first.outputs.summary ?? '', /this run came 149\d minutes after that could first be known/);
  assert.match(first.outputs.summary ?? '', /Nothing was moved: look, and roll back by hand where users suffer\.$/);

  const again = await run({ measured });
  assert.deepEqual([again.code, again.outputs.decision], [0, 'open'], again.log);
  assert.equal((again.result.windows as Window[])[0]?.verdict, 'fail', 'a breach is for good');

  scene.sandbox.supabase.backups.daily = 1;
  Object.assign(scene.sandbox.supabase.backups, { others: [] });
  const healed = await run({ measured });
  const [, extended] = healed.result.windows as Window[];
  assert.equal(extended?.reasons.length, 1, healed.log);
  assert.match(extended?.reasons[0] ?? '', /^recovery verified/);
});

test('a look that fails hides no other answer', async () => {
  const release = await live(4, 2 * hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const inputs = { measured, health: 'pass', 'health-summary': 'fine', smoke: 'fail', 'database-url': 'no address' };
  const { result, outputs, code, log } = await run(inputs);
  const [immediate] = result.windows as (Window & { checks: { verdict: string }[] })[];
  assert.deepEqual([code, outputs.decision], [1, 'breach'], log);
  assert.deepEqual(
    immediate?.checks.map(({ verdict }) => verdict),
    ['pass', 'fail', 'could-not-run'],
  );
  const { github } = await scene.connect();
  const kept = (await github.listStatuses(release.ledgerId)).map(({ description }) => description).join('\n');
  assert.match(kept, /ops:after-check:outcome:fail immediate\|smoke passed/);
});

test('a breach that Slack did not get is told by the next run again', async () => {
  const release = { ...(await live(5, 2 * hour)), slack: { channel: 'C1', ts: '1.1' } };
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const nobody = {
    'slack-bot-token': 'xoxb-canary',
    'slack-channel': 'C1',
    'slack-api-url': 'http://127.0.0.1:9/api/',
  };
  for (const decision of ['breach', 'breach']) {
    const { outputs, log } = await run({ measured, smoke: 'fail', ...nobody });
    assert.equal(outputs.decision, decision, log);
    assert.match(log, /Slack was not told/);
  }
  // Without a Slack nobody is missed.
  assert.equal((await run({ measured, smoke: 'fail' })).outputs.decision, 'breach');
  assert.equal((await run({ measured, smoke: 'fail' })).outputs.decision, 'open');
});

test('tests passed is read from the required checks of the released commit (PDW-04)', async () => {
  const release = await live(6, hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const files = {
    smoke: 'node smoke.js',
    release: { 'required-checks': ['unit'] },
    'after-release': { windows: [{ name: 'step-5', from: '0m', until: '30m', require: ['tests passed'] }] },
  };
  const { github } = scene.sandbox.description;
  const report = async (conclusion: string) => {
    const body = JSON.stringify({ name: 'unit', head_sha: release.commit, conclusion });
    const headers = { authorization: `Bearer ${github.token}` };
    const address = `${github.apiUrl}/repos/${github.repository}/check-runs`;
    assert.equal((await fetch(address, { method: 'POST', headers, body })).status, 201);
  };
  const unasked = await run({ measured }, { ...files, release: {} });
  assert.match((unasked.result.windows as Window[])[0]?.reasons[0] ?? '', /nobody has confirmed tests-in-step-5 yet/);
  await report('success');
  const passed = await run({ measured }, files);
  assert.equal((passed.result.windows as Window[])[0]?.verdict, 'pass', passed.log);
});

test('the end-to-end command of ops.yml is judged once, and asks a person where there is none (PDW-05)', async () => {
  const release = await live(7, hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const require = ['end-to-end passed'];
  const files = {
    smoke: { 'end-to-end': 'npm run test:e2e' },
    'after-release': { windows: [{ name: 'short-term', from: '5m', until: '30m', require }] },
  };
  const nobody = await run({ measured, 'end-to-end': 'pass' }, { ...files, smoke: 'npm test' });
  assert.match(
    (nobody.result.windows as Window[])[0]?.reasons[0] ?? '',
    /nobody has confirmed end-to-end-in-short-term/,
  );
  const silent = await run({ measured }, files);
  assert.equal((silent.result.windows as Window[])[0]?.verdict, 'could-not-run', silent.log);
  const passed = await run({ measured, 'end-to-end': 'pass', 'end-to-end-summary': '1 smoke test passed' }, files);
  assert.equal((passed.result.windows as Window[])[0]?.verdict, 'pass', passed.log);
  const later = await run({ measured, 'end-to-end': 'fail' }, files);
  assert.equal((later.result.windows as Window[])[0]?.verdict, 'pass', later.log);
});

test('what could not run passes nothing: no step that looked, no database, no smoke tests', async () => {
  const release = await live(2, hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const { result, outputs, code } = await run({ measured, smoke: 'pass' }, { 'after-release': { windows } });
  const [immediate] = result.windows as (Window & { checks: { verdict: string; value: string }[] })[];
  assert.deepEqual([code, outputs.decision, immediate?.verdict], [1, 'overdue', 'could-not-run']);
  assert.deepEqual(
    immediate?.checks.map(({ value }) => value.split(';')[0]),
    ['the step that looks did not run', 'ops.yml names no smoke tests', 'DATABASE_URL was not given'],
  );
});

test('a release that another one followed is ended by the job of the sign-off, and input of somebody else is refused', async () => {
  const release = await live(3, hour);
  const over = [{ release, why: 'v1.0.4 took its place' }];
  const done = await run({ measured: JSON.stringify({ measured: [], over }) });
  assert.deepEqual([done.code, done.outputs.decision, done.outputs.open], [0, 'nothing-open', 'true'], done.log);
  const { github } = await scene.connect();
  const last = async () => (await github.listStatuses(release.ledgerId)).at(-1);
  assert.match((await last())?.description ?? '', /^ops:release:outcome:released/);
  const ended = await run({ event: 'sign-off', report: done.outputs.report ?? '' });
  assert.equal(ended.code, 0, ended.log);
  const { description, state } = (await last()) ?? {};
  assert.deepEqual([description, state], ['ops:sign-off:outcome:superseded v1.0.4 took its place', 'success']);
  const again = await run({ event: 'sign-off' });
  assert.equal(again.code, 1);
  assert.match(again.log, /GitHub drops an output that contains a masked value/);
  const refused = await run({ measured: '{"measured":1}' });
  assert.equal(refused.code, 1);
  assert.match(refused.log, /measured.*cannot be used.*unchanged/);
});

test('critical features are judged each by its name, and the way back is named (PDW-05, ARB-06)', async () => {
  const release = await live(8, 2 * hour);
  const measured = JSON.stringify({ release, measured: [], over: [] });
  const files = {
    smoke: { features: { login: 'npm run login', publishing: ['/publish'], imports: 'confirm' } },
    rollback: { rules: [{ when: 'critical-feature-broken', do: ['rollback'] }] },
    'after-release': { windows: [{ name: 'short-term', from: '5m', until: '30m', require: ['features passed'] }] },
  };
  const features = JSON.stringify({
    login: { decision: 'pass', summary: 'exit code 0' },
    publishing: { decision: 'fail', summary: 'GET /publish: status 500' },
  });
  const { outputs, result, log } = await run({ measured, features }, files);
  const [window] = result.windows as (Window & { checks: { require: string; verdict: string }[] })[];
  assert.deepEqual(
    window?.checks.map(({ require, verdict }) => [require, verdict]),
    [
      ['feature login passed', 'pass'],
      ['feature publishing passed', 'fail'],
      ['feature imports passed', 'open'],
    ],
    log,
  );
  assert.match(outputs.summary ?? '', /failed: feature publishing passed: GET \/publish: status 500/);
  assert.match(outputs.summary ?? '', /rollback\.yml with the scenario critical-feature-broken of ops\.yml/);
});
