import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

function run(inputs: Record<string, string>, files?: Record<string, string>) {
  const { vercel, github } = scene.sandbox.description;
  return runBundle({
    action: 'vercel-promote',
    inputs: {
      environment: 'production',
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
    },
    ...(files === undefined ? {} : { files }),
  });
}

test('Alone it promotes a staged deployment, and says already-current the second time', async () => {
  await scene.goLive();
  const next = await scene.stage({});
  const first = await run({ 'deployment-id': next });
  assert.deepEqual([first.code, first.outputs.decision], [0, 'promoted'], first.log);
  assert.equal(scene.served(), next);
  assert.ok(Number(first.result.promotedAt) > 1_700_000_000);
  const second = await run({ 'deployment-id': next });
  assert.deepEqual([second.code, second.outputs.decision], [0, 'already-current'], second.log);
});

test('A preview is never promoted: it would be rebuilt into production', async () => {
  const live = await scene.goLive();
  const preview = await scene.stage({}, 'preview');
  const ended = await run({ 'deployment-id': preview });
  assert.deepEqual([ended.code, ended.outputs['reason-code']], [1, 'not_a_production_deployment'], ended.log);
  assert.equal(scene.served(), live);
});

test('A staging alias gets its address; the production project is sent neither promote nor rollback', async () => {
  const live = await scene.goLive();
  const preview = await scene.stage({}, 'preview');
  const host = 'staging.example.com';
  const ops = `environments:\n  staging:\n    url: https://${host}\n    vercel: { as: alias, alias: ${host} }\n`;
  const before = scene.sandbox.requests().length;
  const ended = await run({ environment: 'staging', 'deployment-id': preview }, { '.github/ops.yml': ops });
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'promoted'], ended.log);
  const { project } = await scene.connect();
  assert.equal(await project.servedBy(host), preview);
  assert.equal(scene.served(), live);
  const moves = scene.sandbox
    .requests()
    .slice(before)
    .filter(({ path }) => /\/(promote|rollback)\//.test(path));
  assert.deepEqual(moves, []);
});

test('What is missing is named all at once', async () => {
  const ended = await run({ 'deployment-id': 'latest', 'vercel-token': '' });
  assert.equal(ended.outputs['reason-code'], 'bad_input');
  assert.match(ended.log, /deployment-id.*has the wrong form/);
  assert.match(ended.log, /vercel-token: is required/);
});
