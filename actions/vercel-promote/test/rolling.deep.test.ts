import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { startUsers } from '../../../test/scenarios/people.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(async () => {
  await scene.close();
  await removeWorkspaces();
});

const answers = (status: string) => `export function GET() { return Response.json({}, { status: ${status} }); }\n`;

test('The bundle leads a canary to all visitors; of one that fails it leaves the domains alone and says how to end it', async () => {
  const { vercel, github } = scene.sandbox.description;
  const live = await scene.goLive({}, { 'api/ping.js': answers('200') });
  scene.sandbox.vercel.project.rollingReleaseConfig = { stages: [30, 100] };
  const ops = [
    'release: { strategy: rolling, stage-window: 2s }',
    'watch: { interval: 500ms, rules: ["error-rate above 5%: immediately"] }',
  ].join('\n');
  const run = (deploymentId: string) =>
    runBundle({
      action: 'vercel-promote',
      inputs: {
        environment: 'production',
        'github-token': github.token,
        'vercel-token': vercel.token,
        'vercel-project': vercel.projectId,
        'vercel-team': vercel.teamId,
        'vercel-api-url': vercel.apiUrl,
        'deployment-id': deploymentId,
      },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
        GITHUB_SHA: scene.commits.at(-1) ?? '',
      },
      files: { '.github/ops.yml': ops },
    });
  const users = startUsers(`${vercel.domains[0]}/api/ping`, 120);
  try {
    const sick = await scene.stage({}, 'production', { 'api/ping.js': answers('500') });
    const failed = await run(sick);
    assert.deepEqual(
      [failed.code, failed.outputs.decision, failed.outputs['reason-code']],
      [1, 'failed', 'stage_failed'],
      failed.log,
    );
    assert.match(
      failed.outputs.summary ?? '',
      /At 30 %: new: 100\.0 %.*Next, at once: .*rollback --environment production/,
    );
    assert.equal(scene.served(), live);
    const { project } = await scene.connect();
    await project.rollBack(live, {});
    const well = await scene.stage({}, 'production', { 'api/ping.js': answers('200') });
    const promoted = await run(well);
    assert.deepEqual([promoted.code, promoted.outputs.decision], [0, 'promoted'], promoted.log);
    assert.equal(scene.served(), well);
  } finally {
    await users.stop();
  }
});
