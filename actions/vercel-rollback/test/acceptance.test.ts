import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { readOpenLocks } from '#release/lock';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';

let scene: Scene;
let good = '';
let bad = '';
let environment = '';
let number = 0;

before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});
beforeEach(async () => {
  number += 1;
  environment = `production-${number}`;
  good = await scene.goLive({ opsVersion: 'v1.0.0' });
  bad = await scene.goLive({ opsVersion: 'v1.1.0' });
});

function run(inputs: Record<string, string>) {
  const { vercel, github } = scene.sandbox.description;
  return runBundle({
    action: 'vercel-rollback',
    inputs: {
      environment,
      'github-token': github.token,
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'vercel-api-url': vercel.apiUrl,
      ...inputs,
    },
    environment: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
      GITHUB_SHA: scene.commits.at(-1) ?? '',
      GITHUB_RUN_ID: String(9_000 + number),
    },
  });
}

test('"previous" moves production back, locked and proven, with the times in Unix seconds', async () => {
  const started = Date.now() / 1000;
  const ended = await run({ reason: 'checkout fails' });
  assert.equal(ended.code, 0, ended.log);
  assert.equal(ended.outputs.decision, 'rolled-back');
  assert.deepEqual([ended.outputs.from, ended.outputs.to], [bad, good]);
  assert.equal(scene.served(), good);
  const { lockedAt, swappedAt } = ended.result as { lockedAt: number; swappedAt: number };
  assert.ok(started <= lockedAt && lockedAt <= swappedAt && swappedAt <= ended.endedAt);
  assert.match(ended.outputs.summary ?? '', /Rolled back to v1\.0\.0 \(dpl_\w+\) in \d\.\d s: checkout fails/);
  const { github } = await scene.connect();
  const [lock] = await readOpenLocks(github, environment);
  assert.deepEqual([lock?.reason, lock?.target?.deploymentId], ['checkout fails', good]);
  const { ledgerId, version } = JSON.parse(ended.outputs.release ?? '{}') as { ledgerId: number; version: string };
  assert.deepEqual([ledgerId, version], [lock?.id, 'v1.1.0'], 'the record is of the version that is taken back');
});

test('A version, a commit, an id and an address name the same target', async () => {
  // Every test has a v1.0.0.
  const [version, commit] = ['v2.0.0', 'fedcba9876'.repeat(4)];
  const named = await scene.goLive({ opsVersion: version, gitCommitSha: commit });
  const live = await scene.goLive({ opsVersion: 'v2.1.0' });
  const { project } = await scene.connect();
  const { url } = (await project.deployment(named)) ?? { url: '' };
  for (const target of [version, commit, commit.slice(0, 9), named, `http://${url}`]) {
    const ended = await run({ target, 'dry-run': 'true' });
    assert.equal(ended.outputs.decision, 'planned', ended.log);
    assert.equal(ended.outputs.to, named, target);
  }
  assert.equal(scene.served(), live, 'a dry run moves nothing');
});

test('Unclear targets, a wrong confirmation and unknown parts are refused before anything is changed', async () => {
  const staged = await scene.stage({});
  const before = scene.sandbox.requests().length;
  const expected: [Record<string, string>, string, RegExp][] = [
    [{ target: 'v9.9.9' }, 'unknown_target', /Can be taken/],
    [{ target: staged }, 'never_in_production', /was never in production|not offer/],
    [{ confirm: 'prodution' }, 'confirm_mismatch', /nothing was changed/],
    [{ parts: 'app\ndatabase' }, 'bad_input', /database/],
  ];
  for (const [inputs, reason, says] of expected) {
    const ended = await run(inputs);
    assert.equal(ended.code, 1, ended.log);
    assert.equal(ended.outputs['reason-code'], reason, ended.log);
    assert.match(ended.log, says);
  }
  const writes = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ method }) => method !== 'GET');
  assert.deepEqual(writes, []);
  assert.equal(scene.served(), bad);
});

test('A scenario is dispatched by name: its steps stand in order in result, summary and record, the rollback alone is done (ARB-08)', async () => {
  interface Steps {
    scenario: { name: string; steps: string[]; checklist: { state: string; note: string }[] };
  }
  const corrupt = await run({ scenario: 'database-corruption', confirm: environment });
  assert.deepEqual([corrupt.code, corrupt.outputs.decision, scene.served()], [0, 'rolled-back', good], corrupt.log);
  const { scenario } = corrupt.result as unknown as Steps;
  assert.deepEqual([scenario.name, scenario.steps], ['database-corruption', ['rollback', 'restore-backup']]);
  assert.deepEqual(
    scenario.checklist.map(({ state }) => state),
    ['done', 'open'],
  );
  assert.match(corrupt.summary, /step 1: rollback: by this run[\s\S]*step 2: restore\\-backup: a person/);
  const { github } = await scene.connect();
  const [lock] = await readOpenLocks(github, environment);
  assert.equal(lock?.reason.startsWith('database-corruption: rollback, then restore-backup'), true);
  const facts = (await github.listStatuses(lock?.id ?? 0)).map(({ description }) => description);
  assert.ok(facts.includes('ops:scenario:intent:database-corruption rollback, restore-backup'), facts.join('\n'));

  environment = `${environment}-lost`;
  const before = scene.sandbox.requests().length;
  const lost = await run({ scenario: 'data-loss', confirm: environment });
  assert.deepEqual([lost.code, lost.outputs['reason-code']], [1, 'scenario_leaves_the_app'], lost.log);
  assert.match(lost.outputs.summary ?? '', /data-loss: restore-backup, then investigate\. The app is no part of it/);
  assert.deepEqual((lost.result as unknown as Steps).scenario.steps, ['restore-backup', 'investigate']);
  const unknown = await run({ scenario: 'bad-luck', confirm: environment });
  assert.equal(unknown.outputs['reason-code'], 'bad_input');
  assert.match(
    unknown.log,
    /high-error-rate, critical-feature-broken, database-corruption, security-vulnerability, data-loss/,
  );
  const writes = scene.sandbox.requests().slice(before);
  assert.deepEqual(
    writes.filter(({ method }) => method !== 'GET'),
    [],
  );
});

test('Called by deploy without a release it does nothing and needs nothing, whatever the target says', async () => {
  const ended = await run({
    'called-by': 'deploy',
    'vercel-token': '',
    'github-token': '',
    'promote-outcome': 'skipped',
  });
  assert.equal(ended.code, 0, ended.log);
  assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['not-needed', 'nothing_started']);
  assert.equal(scene.served(), bad);
});

test('Called by deploy after a breach it takes the release back once; the mode decides', async () => {
  const handle = await scene.open({ runId: 9_500 + number, environment, target: good, version: 'v1.1.0' });
  const outcomes = {
    'called-by': 'deploy',
    'deployment-id': bad,
    'job-status': 'failure',
    'promote-outcome': 'success',
    'promote-decision': 'promoted',
    'health-outcome': 'success',
    'watch-outcome': 'failure',
    'watch-decision': 'would-roll-back',
    'watch-reason': '12.5 % of 200 requests',
  };
  const notified = await run({ ...outcomes, release: JSON.stringify({ ...handle, mode: 'notify' }) });
  assert.deepEqual([notified.outputs.decision, notified.outputs['reason-code']], ['not-needed', 'would_roll_back']);
  assert.equal(scene.served(), bad);
  const ended = await run({ ...outcomes, release: JSON.stringify(handle) });
  assert.deepEqual([ended.outputs.decision, ended.outputs['reason-code']], ['rolled-back', 'breach'], ended.log);
  assert.equal(scene.served(), good);
  assert.equal(ended.code, 0, 'the end of deploy makes it red');
});

test('Without a GitHub token the domains move all the same, and the missing lock is said', async () => {
  const ended = await run({ 'github-token': '' });
  assert.equal(ended.outputs.decision, 'rolled-back', ended.log);
  assert.equal(scene.served(), good);
  assert.match(ended.log, /not locked/);
});
