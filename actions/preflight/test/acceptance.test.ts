import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { parseReleaseHandle } from '#release/release-handle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

function run(runId: number, inputs: Record<string, string> = {}, files?: Record<string, string>) {
  const { vercel, github, slack } = scene.sandbox.description;
  return runBundle({
    action: 'preflight',
    inputs: {
      environment: 'production',
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
      GITHUB_REF_TYPE: 'tag',
      GITHUB_REF_NAME: 'v1.4.0',
      GITHUB_RUN_ID: String(runId),
    },
    ...(files === undefined ? {} : { files }),
  });
}

test('Ready: the way back is recorded, the entry opened, one Slack message posted; a second attempt adopts all of it', async () => {
  const live = await scene.goLive();
  const first = await run(1);
  assert.deepEqual([first.code, first.outputs.decision], [0, 'ready'], first.log);
  assert.equal(first.outputs.version, 'v1.4.0');
  assert.equal(first.outputs['rollback-target'], live);
  assert.equal(first.outputs.database, 'not-configured');
  const handle = parseReleaseHandle(first.outputs.release ?? '');
  assert.equal(handle.rollbackTarget?.deploymentId, live);
  assert.ok(handle.slack !== undefined);
  const second = parseReleaseHandle((await run(1)).outputs.release ?? '');
  assert.equal(second.ledgerId, handle.ledgerId);
  assert.deepEqual(second.slack, handle.slack);
  const posted = scene.sandbox.requests().filter(({ path }) => path.endsWith('chat.postMessage'));
  assert.equal(posted.length, 1);
  assert.match(first.summary, /A rollback would/);
});

test('A dry run prints the plan with what a rollback would do, and changes nothing', async () => {
  const live = await scene.goLive();
  const before = scene.sandbox.requests().length;
  const ended = await run(2, { 'dry-run': 'true' });
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'planned'], ended.log);
  assert.match(ended.summary, new RegExp(`move the domains back to .*${live}`));
  assert.match(ended.log, new RegExp(`A rollback would:\\n {2}move the domains back to .*${live}`));
  assert.equal(ended.outputs.release, '');
  const writes = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ method }) => method !== 'GET');
  assert.deepEqual(writes, []);
});

test('Every weakening is listed in log, plan, message and ledger (S11)', async () => {
  await scene.goLive();
  const ended = await run(5, { 'throw-away': 'true', 'allow-older': 'v1.3.0 loses orders' });
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'ready'], ended.log);
  const { ledgerId } = parseReleaseHandle(ended.outputs.release ?? '');
  const { github } = await scene.connect();
  const ledger = (await github.listStatuses(ledgerId)).map(({ description }) => description).join('\n');
  const posted = scene.sandbox.requests().findLast(({ path }) => path.endsWith('chat.postMessage'));
  for (const [what, word] of [
    ['the data of production may be lost', 'throw-away'],
    ['v1.3.0 loses orders', 'allow-older'],
  ] as const) {
    assert.match(ended.log, new RegExp(`::warning::Weaker than standard: .*${what}`));
    assert.ok(ended.summary.replaceAll('\\', '').includes(what), ended.summary);
    assert.match(ledger, new RegExp(`ops:weakened:outcome:${word} .*${what}`));
    assert.ok(JSON.stringify(posted).includes(what), JSON.stringify(posted));
  }
});

test('Everything that is missing is named at once, with where to get it', async () => {
  const ended = await run(3, { 'vercel-token': '', 'vercel-project': '', 'github-token': '', 'slack-bot-token': '' });
  assert.deepEqual([ended.code, ended.outputs.decision], [1, 'refused'], ended.log);
  for (const code of ['github_token_missing', 'vercel_token_missing', 'vercel_project_missing']) {
    assert.ok(ended.summary.includes(code), code);
  }
  assert.match(ended.log, /vercel\.com\/account\/tokens/);
});

test('The job that waits for an answer begins no release where no question is open', async () => {
  await scene.goLive();
  const before = scene.sandbox.requests().length;
  const ended = await run(6, { answer: 'true' });
  assert.deepEqual(
    [ended.code, ended.outputs.decision, ended.outputs['reason-code'], ended.outputs.release],
    [1, 'superseded', 'no_open_question', ''],
    ended.log,
  );
  const writes = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ method }) => method !== 'GET');
  assert.deepEqual(writes, []);
});

test('A Slack that does not answer is shown and breaks nothing', async () => {
  await scene.goLive();
  scene.sandbox.faults.order({ service: 'slack', route: '/api', times: 9, fault: { status: 500 } });
  const ended = await run(4);
  scene.sandbox.faults.clear();
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'ready'], ended.log);
  assert.match(ended.log, /::warning::.*Slack was not told/);
});
