import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { openLedger, readReleases } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { readSlackTexts } from '../../../test/scenarios/people.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

function run(environment: string, inputs: Record<string, string>) {
  const { vercel, github, slack } = scene.sandbox.description;
  return runBundle({
    action: 'reconcile',
    inputs: {
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
      GITHUB_RUN_ID: '99',
    },
  });
}

/** A release whose runner was lost right behind its promotion. */
async function lostAfterPromotion(environment: string, runId: number) {
  const { github, project } = await scene.connect();
  const good = await scene.goLive({ opsVersion: 'v1.0.0' });
  const bad = await scene.stage({ opsVersion: 'v1.1.0' });
  const handle = await scene.open({ runId, environment, target: good, version: 'v1.1.0' });
  await openLedger(github, handle).record('promote', 'intent', bad);
  await project.promote(bad, {});
  return { good, bad, handle };
}

async function incidentsOf(handle: ReleaseHandle) {
  const { github } = await scene.connect();
  const issues = await github.listIssues({ labels: ['ops-incident'], state: 'all' });
  return issues.filter(({ body }) => body.includes(`incident:${handle.key} `));
}

async function decisionOf(environment: string) {
  for await (const { decision } of readReleases((await scene.connect()).github, { environment })) return decision;
  return 'no entry';
}

test('A lost runner: taken back once, one incident from a job of its own, one message; again: nothing is left', async () => {
  const { good, bad, handle } = await lostAfterPromotion('lost', 8101);
  const done = await run('lost', { 'ended-run': '8101', incident: 'elsewhere' });
  assert.deepEqual([done.code, done.outputs.decision, done.outputs.incidents], [0, 'finished', '1'], done.log);
  assert.match(done.outputs.summary ?? '', /^v1\.1\.0: Its run ended without a verdict; rolled back to /);
  assert.equal(scene.served(), good);
  assert.equal(await decisionOf('lost'), 'rolled-back');
  assert.deepEqual(await incidentsOf(handle), []);

  const opened = await run('lost', { event: 'incident', reconciled: done.outputs.result ?? '' });
  assert.deepEqual([opened.code, opened.outputs.decision], [0, 'opened'], opened.log);
  await run('lost', { event: 'incident', reconciled: done.outputs.result ?? '' });
  const [issue, ...others] = await incidentsOf(handle);
  assert.equal(others.length, 0);
  assert.match(issue?.body ?? '', new RegExp(`promote intent: ${bad}`));
  const texts = await readSlackTexts(scene.sandbox.description.slack);
  const told = texts.filter((text) => text.includes('v1.1.0 was rolled back in lost'));
  assert.equal(told.length, 1);

  const again = await run('lost', { 'ended-run': '8101' });
  assert.deepEqual([again.code, again.outputs.decision], [0, 'nothing-left'], again.log);
});

test('A run that goes on, or was started again since it ended, is left alone', async () => {
  const { bad } = await lostAfterPromotion('alive', 8102);
  const { repository } = scene.sandbox.description.github;
  for (const inputs of [{}, { 'ended-run': '8102' }] as Record<string, string>[]) {
    scene.sandbox.faults.order({
      service: 'github',
      route: `/repos/${repository}/actions/runs/8102`,
      times: 2,
      fault: { status: 200, body: { status: 'in_progress' } },
    });
    const left = await run('alive', inputs);
    scene.sandbox.faults.clear();
    assert.deepEqual([left.code, left.outputs.decision], [0, 'nothing-left'], left.log);
    assert.equal(/run 8102 as in_progress.*left alone/.test(left.log), inputs['ended-run'] !== undefined);
  }
  assert.equal(scene.served(), bad);
  assert.equal(await decisionOf('alive'), undefined);
});

test('Edge functions that cannot be put back need a person: red, with an incident', async () => {
  const { github } = await scene.connect();
  const handle = await scene.open({ runId: 8103, environment: 'functions', version: 'v1.2.0' });
  await openLedger(github, handle).record('functions', 'intent', 'stored', `artifact:1/1#${'a'.repeat(43)}`);
  const red = await run('functions', { 'ended-run': '8103' });
  assert.deepEqual([red.code, red.outputs.decision], [1, 'needs-a-person'], red.log);
  assert.match(red.outputs.summary ?? '', /production was not touched\. Functions: .*no supabase-access-token.*Next: /);
  assert.equal((await incidentsOf(handle)).length, 1);
  assert.equal(await decisionOf('functions'), 'cancelled');
});

test('The job for incidents is red where the one before did not say what it did', async () => {
  const red = await run('lost', { event: 'incident' });
  assert.deepEqual([red.code, red.outputs['reason-code']], [1, 'bad_input'], red.log);
  assert.match(red.log, /the job before died/);
});
