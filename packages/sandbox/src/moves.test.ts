import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { callVercel, deployFiles } from './deploy-files.ts';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox({
    postgres: false,
    vercel: { readyDelayMs: 4, aliasDelayMs: 40, domains: 2 },
  });
});
afterEach(() => sandbox.close());

const release = (version: string, more = {}) =>
  deployFiles(sandbox, { 'data.json': JSON.stringify(version) }, { target: 'production', ...more });
const staged = (version: string) => release(version, { autoAssignCustomDomains: false });
const project = () => sandbox.vercel.project;
const promote = (id: string) => callVercel(sandbox, 'POST', `/v10/projects/${project().id}/promote/${id}`);
const rollBack = (id: string, query = '') =>
  callVercel(sandbox, 'POST', `/v1/projects/${project().id}/rollback/${id}${query}`);
const serving = () =>
  Promise.all(sandbox.description.vercel.domains.map(async (domain) => (await fetch(`${domain}/data.json`)).json()));
async function settled() {
  while (project().lastAliasRequest?.jobStatus === 'in-progress') await delay(5);
}

test('promote moves every domain over a moment and turns auto-assignment on (facts §3.2)', async () => {
  await release('v1');
  const second = await staged('v2');
  project().autoAssignCustomDomains = false;
  assert.deepEqual(await serving(), ['v1', 'v1']);

  // Long enough to be looked at on a busy machine.
  sandbox.vercel.behaviour.aliasDelayMs = 1000;
  assert.equal((await promote(second.id)).status, 201);
  sandbox.vercel.behaviour.aliasDelayMs = 40;
  assert.equal(project().lastAliasRequest?.jobStatus, 'in-progress');
  assert.deepEqual(await serving(), ['v1', 'v1']);
  const { json } = await callVercel(sandbox, 'GET', `/v1/projects/${project().id}/promote/aliases`);
  assert.deepEqual(
    (json as unknown as { aliases: { status: string }[] }).aliases.map(({ status }) => status),
    ['in-progress', 'in-progress'],
  );
  await settled();
  assert.deepEqual(await serving(), ['v2', 'v2']);
  assert.equal(project().autoAssignCustomDomains, true);
  const again = await promote(second.id);
  assert.equal(again.status, 409);
  assert.match(again.json.error?.message ?? '', /already the current production deployment/);
});

test('rollback turns auto-assignment off, so that the next production deployment gets no traffic (facts §3.1)', async () => {
  const first = await release('v1');
  const second = await release('v2');
  await delay(60);
  assert.deepEqual(await serving(), ['v2', 'v2']);

  assert.equal((await rollBack(first.id, '?description=too+many+errors')).status, 201);
  await settled();
  assert.deepEqual(await serving(), ['v1', 'v1']);
  assert.equal(project().autoAssignCustomDomains, false);
  assert.equal(project().lastAliasRequest?.fromDeploymentId, second.id);
  assert.equal(project().rollbackDescription?.description, 'too many errors');

  const third = await release('v3');
  await delay(60);
  assert.equal(third.readySubstate, 'STAGED');
  assert.deepEqual(await serving(), ['v1', 'v1']);
});

test('rollback refuses what is current, never was production, is gone, or is not the previous one on Hobby', async () => {
  const first = await release('v1');
  const second = await release('v2');
  await delay(60);
  const third = await release('v3');
  await delay(60);
  const never = await staged('v4');
  assert.equal((await rollBack(third.id)).status, 409);
  assert.equal((await rollBack(never.id)).status, 422);
  assert.equal((await rollBack('dpl_unknown')).status, 404);
  sandbox.vercel.behaviour.plan = 'hobby';
  const refused = await rollBack(first.id);
  assert.deepEqual([refused.status, refused.json.error?.code], [402, 'payment_required']);
  sandbox.vercel.remove(second.id);
  assert.equal((await rollBack(second.id)).status, 410);
  assert.equal((await callVercel(sandbox, 'GET', `/v13/deployments/${second.id}`)).status, 404);
  assert.equal((await rollBack(first.id)).status, 201);
});

test('a failing move is said to have failed and moves nothing', async () => {
  await release('v1');
  const second = await staged('v2');
  sandbox.vercel.behaviour.failingMoves = 1;
  assert.equal((await promote(second.id)).status, 201);
  await settled();
  assert.equal(project().lastAliasRequest?.jobStatus, 'failed');
  assert.deepEqual(await serving(), ['v1', 'v1']);
});

test('domains that never move leave the request in progress', async () => {
  await release('v1');
  const second = await staged('v2');
  sandbox.vercel.behaviour.aliasDelayMs = Number.POSITIVE_INFINITY;
  await promote(second.id);
  await delay(30);
  assert.equal(project().lastAliasRequest?.jobStatus, 'in-progress');
  assert.deepEqual(await serving(), ['v1', 'v1']);
});

test('promote is queued with 202 behind a rolling release, and starts one where they are on (facts §3.7, §3.8)', async () => {
  await release('v1');
  project().rollingReleaseConfig = { stages: [10, 100] };
  const canary = await staged('v2');
  assert.equal((await promote(canary.id)).status, 201);
  assert.equal(project().rollingRelease?.state, 'ACTIVE');
  const queued = await staged('v3');
  assert.equal((await promote(queued.id)).status, 202);
  assert.equal(project().rollingRelease?.queuedDeploymentId, queued.id);
  assert.deepEqual(await serving(), ['v1', 'v1']);
  const path = `/v1/projects/${project().id}/rolling-release/complete`;
  assert.equal((await callVercel(sandbox, 'POST', path, { canaryDeploymentId: canary.id })).status, 200);
  await settled();
  assert.deepEqual(await serving(), ['v2', 'v2']);
});

test('a canary answers its share of the visitors, stage by stage, and a rollback to what serves the others ends it', async () => {
  const first = await release('v1');
  project().rollingReleaseConfig = { stages: [10, 50, 100] };
  const canary = await staged('v2');
  await promote(canary.id);
  const share = async () => {
    const [domain] = sandbox.description.vercel.domains;
    let canaries = 0;
    for (let visit = 0; visit < 100; visit += 1) {
      if ((await (await fetch(`${domain}/data.json`)).json()) === 'v2') canaries += 1;
    }
    return canaries;
  };
  assert.equal(await share(), 10);
  const path = `/v1/projects/${project().id}/rolling-release`;
  const approve = (nextStageIndex: number) =>
    callVercel(sandbox, 'POST', `${path}/approve-stage`, { nextStageIndex, canaryDeploymentId: canary.id });
  assert.equal((await approve(2)).status, 400, 'no stage is left out');
  assert.equal((await approve(1)).status, 200);
  assert.equal(await share(), 50);
  assert.equal((await rollBack(first.id)).status, 201);
  await settled();
  assert.equal(project().rollingRelease?.state, 'ABORTED');
  assert.equal(await share(), 0);
  assert.equal((await approve(2)).status, 400, 'it is over');
});

test('previews are not promoted; custom environments and aliases move their own domain only', async () => {
  await release('v1');
  const preview = await deployFiles(sandbox, { 'data.json': '"preview"' });
  assert.equal(preview.target, null);
  assert.equal((await promote(preview.id)).status, 400);

  const path = `/v9/projects/${project().id}/custom-environments`;
  const created = await callVercel(sandbox, 'POST', path, { slug: 'staging' });
  const environment = created.json as unknown as { id: string };
  const domain = await sandbox.vercel.addDomain(project(), { customEnvironmentId: environment.id });
  await deployFiles(sandbox, { 'data.json': '"staging"' }, { customEnvironmentSlugOrId: 'staging' });
  assert.equal(await (await fetch(`http://${domain.name}/data.json`)).json(), 'staging');

  const alias = await callVercel(sandbox, 'POST', `/v2/deployments/${preview.id}/aliases`, { alias: domain.name });
  assert.equal(alias.status, 200);
  assert.equal(await (await fetch(`http://${domain.name}/data.json`)).json(), 'preview');
  assert.deepEqual(await serving(), ['v1', 'v1']);
});

test('projects of one team are apart, and lists page and filter', async () => {
  const first = await release('v1', { meta: { opsRelease: '1:production:1', githubCommitSha: 'a'.repeat(40) } });
  const second = await release('v2');
  await delay(60);
  const other = await sandbox.vercel.addProject({ name: 'notes-staging' });
  await deployFiles(sandbox, { 'index.html': 'x' }, { project: other.id, target: 'production' });
  assert.equal((await callVercel(sandbox, 'POST', `/v10/projects/${other.id}/promote/${first.id}`)).status, 404);

  const list = async (query: string) => {
    const { json } = await callVercel(sandbox, 'GET', `/v7/deployments?projectId=${project().id}&${query}`);
    const { deployments, pagination } = json as unknown as {
      deployments: { uid: string }[];
      pagination: { next: number | null };
    };
    return { ids: deployments.map(({ uid }) => uid), next: pagination.next };
  };
  const page = await list('limit=1');
  assert.deepEqual(page.ids, [second.id]);
  assert.deepEqual(await list(`limit=1&until=${page.next}`), { ids: [first.id], next: null });
  assert.deepEqual((await list('rollbackCandidate=true')).ids, [first.id]);
  assert.deepEqual((await list(`sha=${'a'.repeat(40)}`)).ids, [first.id]);
  assert.deepEqual((await list('meta-opsRelease=1:production:1')).ids, [first.id]);
  assert.deepEqual((await list('target=preview')).ids, []);
  assert.deepEqual((await list('state=ERROR,CANCELED')).ids, []);
});

test('tokens and teams are held apart', async () => {
  const { apiUrl, token, teamId } = sandbox.description.vercel;
  const ask = async (query: string, authorization?: string) => {
    const answer = await fetch(`${apiUrl}/v9/projects/${project().id}${query}`, {
      ...(authorization !== undefined && { headers: { authorization } }),
    });
    return [answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code];
  };
  assert.deepEqual(await ask(`?teamId=${teamId}`), [401, 'unauthorized']);
  assert.deepEqual(await ask(`?teamId=${teamId}`, 'Bearer wrong'), [403, 'forbidden']);
  assert.deepEqual(await ask('?teamId=team_other', `Bearer ${token}`), [403, 'forbidden']);
  assert.deepEqual(await ask('', `Bearer ${token}`), [404, 'not_found']);
  assert.deepEqual(await ask('?slug=sandbox-team', `Bearer ${token}`), [200, undefined]);
  sandbox.vercel.behaviour.teamRequired = false;
  assert.deepEqual(await ask('', `Bearer ${token}`), [200, undefined]);
});

test('a build can be canceled while it runs, and a stuck one stays BUILDING', async () => {
  sandbox.vercel.orderBuild({ end: 'never' });
  const created = await callVercel(sandbox, 'POST', '/v13/deployments', {
    name: 'notes-app',
    project: project().id,
    files: [{ file: 'a.txt', data: 'a' }],
  });
  const { id } = created.json as unknown as { id: string };
  await delay(30);
  const { json } = await callVercel(sandbox, 'GET', `/v13/deployments/${id}`);
  assert.equal((json as unknown as { readyState: string }).readyState, 'BUILDING');
  assert.equal((await callVercel(sandbox, 'PATCH', `/v12/deployments/${id}/cancel`)).status, 200);
  assert.equal((await callVercel(sandbox, 'PATCH', `/v12/deployments/${id}/cancel`)).status, 400);
});
