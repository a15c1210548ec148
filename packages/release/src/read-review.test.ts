import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import { type Scene, setScene } from '../test/scene.ts';
import type { PreflightRequest } from './preflight-types.ts';
import { readReview } from './read-review.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

async function post(path: string, body: object): Promise<void> {
  const { apiUrl, token, repository } = scene.sandbox.description.github;
  const answer = await fetch(`${apiUrl}/repos/${repository}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201, await answer.text());
}

async function codes(release: EnvironmentSettings['release'], commit: string, more: Partial<PreflightRequest> = {}) {
  const { github } = await scene.connect();
  const settings = { ...scene.settings(), release };
  const findings = await readReview(github, {
    settings,
    commit,
    runId: 77,
    throwAway: false,
    ...more,
  } as PreflightRequest);
  return findings.map(({ code }) => code);
}

test('a required check that fails, runs, is missing and at last is green (DEP-04)', async () => {
  const [sha = ''] = scene.commits;
  const release = { requiredChecks: ['test'] };
  assert.deepEqual(await codes(release, sha), ['check_missing']);
  await post('/check-runs', { name: 'test', head_sha: sha, status: 'in_progress' });
  assert.deepEqual(await codes(release, sha), ['check_pending']);
  const [, second = '', third = ''] = scene.commits;
  await post('/check-runs', { name: 'test', head_sha: second, conclusion: 'failure' });
  assert.deepEqual(await codes(release, second), ['check_failed']);
  await post('/check-runs', { name: 'test', head_sha: third, conclusion: 'success' });
  assert.deepEqual(await codes(release, third), []);
});

test('a commit status of another service counts as a check, the newest of its context', async () => {
  const sha = scene.commits.at(-1) ?? '';
  await post(`/statuses/${sha}`, { context: 'ci/circle', state: 'pending' });
  assert.deepEqual(await codes({ requiredChecks: ['ci/circle'] }, sha), ['check_pending']);
  await post(`/statuses/${sha}`, { context: 'ci/circle', state: 'success' });
  assert.deepEqual(await codes({ requiredChecks: ['ci/circle'] }, sha), []);
});

test('the jobs of this very run are not the checks it waits for', async () => {
  const sha = scene.commits.at(-1) ?? '';
  const details = 'https://github.com/acme/notes-app/actions/runs/77/job/1';
  await post('/check-runs', { name: 'release', head_sha: sha, status: 'in_progress', details_url: details });
  assert.deepEqual(await codes({ requiredChecks: ['release'] }, sha), ['check_missing']);
  await post('/check-runs', {
    name: 'release',
    head_sha: sha,
    conclusion: 'success',
    details_url: details.replace('77', '76'),
  });
  assert.deepEqual(await codes({ requiredChecks: ['release'] }, sha), []);
});

test('approvals are asked for before production, and where nothing may be lost', async () => {
  const sha = scene.commits.at(-1) ?? '';
  const release = { approvals: 1 };
  assert.deepEqual(await codes(release, sha), ['not_reviewed']);
  assert.deepEqual(await codes(release, sha, { throwAway: true }), []);
  const staging = { settings: { ...scene.settings(), production: false, release } };
  assert.deepEqual(await codes(release, sha, staging), []);
  const headSha = scene.commits.at(-2) ?? '';
  const reviews = [{ user: 'bea', state: 'APPROVED' as const, commitSha: headSha }];
  scene.sandbox.github?.recordPullRequest({ number: 7, author: 'ann', headSha, mergeCommitSha: sha, reviews });
  assert.deepEqual(await codes(release, sha), []);
});

test('a token that may not read checks is told which permission is missing', async () => {
  scene.sandbox.faults.order({
    service: 'github',
    route: '/repos/',
    fault: { status: 403, body: { message: 'Resource not accessible by integration' } },
  });
  await assert.rejects(codes({ requiredChecks: ['test'] }, scene.commits[0] ?? ''), /checks: read/);
});
