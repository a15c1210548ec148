import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { openQuestion } from '#release/asked';
import { openFixForward } from '#release/fix-forward';
import { openLedger, readReleases } from '#release/ledger';
import { takeLock } from '#release/lock';
import type { ReleaseHandle } from '#release/release-handle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';

let scene: Scene;
let number = 0;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

function run(
  runId: number,
  environment: string,
  inputs: Record<string, string>,
  files: Record<string, string> = {},
  more: Record<string, string> = {},
) {
  const { vercel, github, slack } = scene.sandbox.description;
  return runBundle({
    action: 'release-record',
    files,
    inputs: {
      event: 'finished',
      environment,
      'github-token': github.token,
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'vercel-api-url': vercel.apiUrl,
      'slack-bot-token': slack.token,
      'slack-channel': slack.channelId,
      'slack-api-url': slack.apiUrl,
      ...inputs,
    },
    environment: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
      GITHUB_SHA: scene.commits.at(-1) ?? '',
      GITHUB_RUN_ID: String(runId),
      ...more,
    },
  });
}

interface Act {
  environment: string;
  runId: number;
  good: string;
  bad: string;
  handle: ReleaseHandle;
}

async function setAct(autoAssign: boolean): Promise<Act> {
  number += 1;
  const environment = `production-${number}`;
  const runId = 7_000 + number;
  const { project } = await scene.connect();
  const good = await scene.goLive({ opsVersion: 'v1.0.0' });
  const bad = await scene.goLive({ opsVersion: 'v1.1.0' });
  // What a promotion leaves (trap 2).
  await project.setAutoAssign(true);
  const handle = await scene.open({ runId, environment, target: good, version: 'v1.1.0', autoAssign });
  return { environment, runId, good, bad, handle };
}

const promoted = {
  'job-status': 'success',
  'preflight-outcome': 'success',
  'preflight-decision': 'ready',
  'migrate-outcome': 'skipped',
  'deploy-outcome': 'success',
  'deploy-decision': 'ready',
  'promote-outcome': 'success',
  'promote-decision': 'promoted',
  'health-outcome': 'success',
  'smoke-outcome': 'skipped',
  'watch-outcome': 'success',
  'watch-decision': 'pass',
  'watch-summary': '0 of 400 requests failed',
  'rollback-outcome': 'success',
  'rollback-decision': 'not-needed',
};
const takenBack = {
  ...promoted,
  'job-status': 'failure',
  'watch-outcome': 'failure',
  'watch-decision': 'would-roll-back',
  'watch-result': JSON.stringify({ requests: 120, errors: 13, limit: 0.02, breachAt: 1_700_000_000.5 }),
  'rollback-decision': 'rolled-back',
  'rollback-reason': 'breach',
  'rollback-summary': 'Rolled back to v1.0.0 in 0.4 s: 10.8 % of 120 requests failed',
};

test('Live, but over its budget: told as a warning, and the release goes on', async () => {
  const { environment, runId, bad, handle } = await setAct(false);
  const slow = { ...handle, openedAt: Date.now() - 400_000 };
  const files = { '.github/ops.yml': 'release: { time-budget: 5m }\n' };
  const inputs = { event: 'promoted', release: JSON.stringify(slow), 'deployment-id': bad };
  const ended = await run(runId, environment, inputs, files);
  assert.deepEqual([ended.code, ended.outputs['reason-code']], [0, 'promoted'], ended.log);
  assert.match(ended.log, /::warning.*Live after 6 min 4\d s, over its budget of 5 min/);
  assert.equal(ended.result.budgetSeconds, 300);
});

test('Released: auto-assign is what it was, the entry is closed, the last line says what serves', async () => {
  const { environment, runId, bad, handle } = await setAct(false);
  const ended = await run(runId, environment, { ...promoted, release: JSON.stringify(handle), 'deployment-id': bad });
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'released'], ended.log);
  assert.match(ended.outputs.summary ?? '', new RegExp(`Now serving on ${environment}: v1\\.1\\.0 \\(${bad}\\) since`));
  const { github, project } = await scene.connect();
  assert.equal((await project.readState()).autoAssign, false);
  assert.equal(ended.result.autoAssignRestored, true);
  for await (const record of readReleases(github, { environment })) assert.equal(record.decision, 'released');
});

test('A bad stage that mode observe led on is remembered by the run that ends the watch', async () => {
  const { environment, runId, bad, handle } = await setAct(true);
  const { github } = await scene.connect();
  await openLedger(github, handle).record('stage', 'outcome', 'fail', 'At 10 %: 30 of 400 requests failed');
  const release = JSON.stringify({ ...handle, mode: 'observe' });
  const ended = await run(runId, environment, { ...promoted, release, 'deployment-id': bad });
  assert.deepEqual(
    [ended.code, ended.outputs.decision, ended.outputs['reason-code']],
    [0, 'would-roll-back', 'stage_observed'],
    ended.log,
  );
  assert.match(
    ended.outputs.summary ?? '',
    /a stage of the rolling release was bad: At 10 %: 30 of 400 requests failed/,
  );
});

test('Rolled back: red, one incident however often it runs, auto-assign untouched while the lock holds', async () => {
  const { environment, runId, good, bad, handle } = await setAct(true);
  const services = await scene.connect();
  await takeLock(services.github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: handle.commit,
    key: handle.key,
    reason: 'breach',
    target: { deploymentId: good },
    expiresAfterMs: 3_600_000,
  });
  await services.project.rollBack(good, {});
  const inputs = { ...takenBack, release: JSON.stringify(handle), 'deployment-id': bad };
  const first = await run(runId, environment, inputs);
  assert.deepEqual(
    [first.code, first.outputs.decision, first.outputs['reason-code']],
    [1, 'rolled-back', 'breach'],
    first.log,
  );
  assert.match(first.outputs.summary ?? '', /v1\.0\.0 \(dpl_\w+\) since .*Next: .*ops-actions unlock/);
  assert.equal((await services.project.readState()).autoAssign, false);
  const second = await run(runId, environment, inputs);
  assert.deepEqual(second.result.incident, first.result.incident);
  const issues = await services.github.listIssues({ labels: ['ops-incident'], state: 'all' });
  const own = issues.filter((issue) => issue.body.includes(handle.key));
  assert.equal(own.length, 1);
  assert.match(own[0]?.body ?? '', /13 of 120 requests \(10\.8 %\)/);
  // The rollback checklist, filled in by what the run measured.
  assert.match(
    own[0]?.body ?? '',
    /### Rollback checklist\n\n- \[x\] `Production error rate confirmed`: `errors: 13 of 120/,
  );
  assert.match(own[0]?.body ?? '', /- \[ \] `Root cause identified`: `a person/);
});

test('A breach that people may mend: told with its deadline in record, message and incident (ARB-07)', async () => {
  const { environment, runId, bad, handle } = await setAct(false);
  const files = { '.github/ops.yml': 'rollback: { fix-forward-limit: 2h, after-fix-forward: rollback }\n' };
  const left = { ...takenBack, 'watch-decision': 'breach', 'rollback-decision': 'not-needed' };
  const inputs = { ...left, 'watch-reason': 'above_limit', release: JSON.stringify(handle), 'deployment-id': bad };
  const ended = await run(runId, environment, inputs, files);
  assert.deepEqual([ended.code, ended.outputs.decision], [1, 'would-roll-back'], ended.log);
  const said = /A newer release may mend it until 20\d\d-\d\d-\d\d \d\d:\d\d UTC .*then it is rolled back/;
  assert.match(ended.outputs.summary ?? '', said);
  const { fixForward, incident } = ended.result as { fixForward: { until: number; after: string }; incident: object };
  assert.ok(incident, 'an incident is open');
  assert.ok(Math.abs(fixForward.until * 1000 - Date.now() - 2 * 3_600_000) < 60_000, String(fixForward.until));
  const { github } = await scene.connect();
  for await (const record of readReleases(github, { environment })) {
    assert.equal(openFixForward(record.facts)?.after, 'rollback');
    assert.equal(record.decision, 'would-roll-back');
  }
});

test('Without issues: write, without Slack, without Vercel: each is a warning, the release ends all the same', async () => {
  const { environment, runId, bad, handle } = await setAct(true);
  scene.sandbox.faults.order({
    service: 'github',
    method: 'POST',
    route: '/repos/acme/notes-app/issues',
    times: 9,
    fault: { status: 403 },
  });
  scene.sandbox.faults.order({ service: 'slack', route: '/api', times: 20, fault: { status: 500 } });
  scene.sandbox.faults.order({ service: 'vercel', route: '/v', times: 50, fault: { status: 401 } });
  const ended = await run(runId, environment, { ...takenBack, release: JSON.stringify(handle), 'deployment-id': bad });
  scene.sandbox.faults.clear();
  assert.deepEqual([ended.code, ended.outputs.decision], [1, 'rolled-back'], ended.log);
  for (const what of [/incident issue could not be opened/, /Slack was not told/, /Vercel cannot be asked/])
    assert.match(ended.log, what);
  assert.match(ended.outputs.summary ?? '', /Vercel did not say what production-\d+ serves now/);
});

test('A question that cannot be kept in the ledger is not told as asked; the next attempt keeps it', async () => {
  const { environment, runId, bad, handle } = await setAct(true);
  const asked = { until: 1_800_000_000_000, fallback: 'auto', before: { approved: 0, rejected: 0 } };
  const inputs = {
    ...promoted,
    'watch-outcome': 'failure',
    'watch-decision': 'asked',
    'watch-reason': 'breach',
    'watch-summary': '10.8 % of 120 requests failed; the reviewers of production-rollback are asked',
    'watch-result': JSON.stringify({ requests: 120, errors: 13, asked }),
    release: JSON.stringify({ ...handle, mode: 'approve' }),
    'deployment-id': bad,
  };
  scene.sandbox.faults.order({
    service: 'github',
    method: 'POST',
    route: '/repos/acme/notes-app/deployments',
    times: 9,
    fault: { status: 403 },
  });
  const lost = await run(runId, environment, inputs);
  scene.sandbox.faults.clear();
  assert.deepEqual(
    [lost.code, lost.outputs.decision, lost.outputs['reason-code']],
    [1, 'would-roll-back', 'not_asked'],
    lost.log,
  );
  assert.match(lost.outputs.summary ?? '', /nobody is asked after all/);
  const kept = await run(runId, environment, inputs);
  assert.equal(kept.outputs.decision, 'asked', kept.log);
  const { github } = await scene.connect();
  for await (const { facts } of readReleases(github, { environment })) assert.deepEqual(openQuestion(facts), asked);
});

test('Refused in preflight: no entry, no incident; the message tells people', async () => {
  const { environment, runId, bad } = await setAct(true);
  const before = scene.sandbox.requests().length;
  const ended = await run(runId, environment, {
    'job-status': 'failure',
    'preflight-outcome': 'failure',
    'preflight-decision': 'refused',
    'preflight-reason': 'unsafe_migration',
    'preflight-summary': 'v1.2.0 is refused: 2_colour.sql line 2',
    'rollback-outcome': 'success',
    'rollback-decision': 'not-needed',
    version: 'v1.2.0',
  });
  assert.deepEqual(
    [ended.code, ended.outputs.decision, ended.outputs['reason-code']],
    [1, 'refused', 'unsafe_migration'],
    ended.log,
  );
  assert.match(
    ended.outputs.summary ?? '',
    new RegExp(`2_colour\\.sql line 2\\. Now serving on ${environment}: v1\\.1\\.0 \\(${bad}\\)`),
  );
  const writes = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ method, service }) => method !== 'GET' && service !== 'slack');
  assert.deepEqual(writes, []);
});

test('A rollback by hand that is not effective is told as failed, whatever its step said', async () => {
  const { environment, runId, good, handle } = await setAct(true);
  const inputs = {
    event: 'rolled-back',
    release: JSON.stringify(handle),
    'rollback-outcome': 'success',
    'rollback-decision': 'rolled-back',
    'rollback-reason': 'rolled_back',
    'rollback-summary': 'Rolled back to v1.0.0',
  };
  // Production still serves v1.1.0.
  const failed = await run(runId, environment, inputs);
  assert.deepEqual(
    [failed.code, failed.outputs.decision, failed.outputs['reason-code']],
    [1, 'failed', 'rollback_not_effective'],
    failed.log,
  );
  assert.match(failed.outputs.summary ?? '', /Next, at once: .*ops-actions rollback/);
  const { project, github } = await scene.connect();
  await project.rollBack(good, {});
  const { vercel } = scene.sandbox.description;
  const added = await fetch(`${vercel.apiUrl}/v10/projects/${vercel.projectId}/env?teamId=${vercel.teamId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${vercel.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key: 'PAYMENT_KEY', value: 'a-new-value', type: 'encrypted', target: ['production'] }),
  });
  assert.equal(added.status, 201);
  const done = await run(runId, environment, inputs);
  assert.deepEqual([done.code, done.outputs.decision], [0, 'rolled-back'], done.log);
  assert.ok(Number(done.result.verifiedAt) > 1_700_000_000);
  // Names only, in the message and in the incident (FRB-14).
  const [issue] = (await github.listIssues({ labels: ['ops-incident'], state: 'all' })).filter(({ body }) =>
    body.includes(handle.key),
  );
  const sent = JSON.stringify(scene.sandbox.requests().filter(({ service }) => service === 'slack'));
  for (const told of [issue?.body ?? '', sent]) {
    assert.match(told, /Environment variables changed since it was built, it has the older values: PAYMENT_KEY/);
    assert.doesNotMatch(told, /a-new-value/);
  }
});

test('An incident of a job of its own has numbers, chart and the last lines of the function; in a public repository no line', async (t) => {
  const start = 1_700_000_000;
  const buckets = [0, 1, 2].map((index) => ({
    start: start + index * 30,
    end: start + 30 + index * 30,
    requests: 40,
    errors: 4,
  }));
  const watch = { buckets, baseline: [], startedAt: start, verdict: 'fail', limit: 0.02, unit: 'share' };
  const result = { ...watch, requests: 120, errors: 12 };
  const folder = await mkdtemp(join(tmpdir(), 'incident-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const isPrivate of [true, false]) {
    const { environment, runId, good, bad, handle } = await setAct(true);
    const { github, project } = await scene.connect();
    await project.rollBack(good, {});
    const inputs = { ...takenBack, 'watch-result': JSON.stringify(result), incident: 'elsewhere' };
    const ended = await run(runId, environment, { ...inputs, release: JSON.stringify(handle), 'deployment-id': bad });
    assert.equal(ended.outputs.decision, 'rolled-back', ended.log);
    const event = join(folder, `${isPrivate}.json`);
    await writeFile(event, JSON.stringify({ repository: { private: isPrivate } }));
    const told = {
      event: 'incident',
      'release-decision': ended.outputs.decision ?? '',
      'release-reason': ended.outputs['reason-code'] ?? '',
      'release-summary': ended.outputs.summary ?? '',
      'release-result': ended.outputs.result ?? '',
      'functions-logs': '12:00:00 health error: Error: no session for *** @team\n12:00:01 health error: again',
      ...Object.fromEntries(['vercel', 'slack-bot'].map((name) => [`${name}-token`, ''])),
    };
    const opened = await run(runId, environment, told, {}, { GITHUB_EVENT_PATH: event });
    assert.equal(opened.outputs.decision, 'opened', opened.log);
    const [issue] = (await github.listIssues({ labels: ['ops-incident'], state: 'all' })).filter(({ body }) =>
      body.includes(handle.key),
    );
    const body = issue?.body ?? '';
    assert.match(body, /12 of 120 requests \(10\.0 %\)/);
    assert.match(body, /```mermaid\nxychart-beta\n[\s\S]*line \[10\.00, 10\.00, 10\.00\]\n[\s\S]*```/);
    assert.equal(body.includes('no session for ***'), isPrivate, body);
    assert.equal(/### What the functions wrote\n\n```\n12:00:00 health/.test(body), isPrivate);
  }
});
