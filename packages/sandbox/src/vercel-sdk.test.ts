import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Vercel } from '@vercel/sdk';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

// The SDK parses every answer with Vercel's own schemas: a field that is missing or of another type fails here.
let sandbox: Sandbox;
let vercel: Vercel;
let teamId: string;
let projectId: string;

before(async () => {
  sandbox = await startSandbox({
    postgres: false,
    vercel: { gitLink: true, readyDelayMs: 20, aliasDelayMs: 20, environment: { GREETING: 'hello' } },
  });
  ({ teamId, projectId } = sandbox.description.vercel);
  vercel = new Vercel({
    bearerToken: sandbox.description.vercel.token,
    serverURL: sandbox.description.vercel.apiUrl,
    retryConfig: { strategy: 'none' },
  });
});

after(() => sandbox.close());

async function deploy(): Promise<string> {
  const created = await vercel.deployments.createDeployment({
    teamId,
    requestBody: {
      name: 'notes-app',
      project: projectId,
      target: 'production',
      files: [{ file: 'data.json', data: '{}' }],
      meta: { opsVersion: 'v1' },
    },
  });
  assert.ok('createdAt' in created);
  for (;;) {
    const deployment = await vercel.deployments.getDeployment({ idOrUrl: created.id, teamId });
    if (deployment.readyState === 'READY') return deployment.id;
    await delay(10);
  }
}

async function settled(type: 'promote' | 'rollback'): Promise<void> {
  for (;;) {
    const { lastAliasRequest } = await vercel.projects.getProject({ idOrName: projectId, teamId });
    if (lastAliasRequest?.type === type && lastAliasRequest.jobStatus === 'succeeded') return;
    await delay(10);
  }
}

test('the life of two deployments in the words of @vercel/sdk', async () => {
  const first = await deploy();
  const autoAssign = (autoAssignCustomDomains: boolean) =>
    vercel.projects.updateProject({ idOrName: projectId, teamId, requestBody: { autoAssignCustomDomains } });
  // The SDK does not send the undocumented field of the deployment itself.
  await autoAssign(false);
  const second = await deploy();
  await delay(60);

  await vercel.projects.requestPromote({ projectId, deploymentId: second, teamId });
  await settled('promote');
  const progress = await vercel.projects.listPromoteAliases({ projectId, teamId });
  assert.ok('aliases' in progress);
  assert.deepEqual(
    progress.aliases.map(({ status }) => status),
    ['completed'],
  );

  await vercel.projects.requestRollback({ projectId, deploymentId: first, teamId });
  await settled('rollback');
  const project = await vercel.projects.getProject({ idOrName: projectId, teamId });
  assert.equal(project.autoAssignCustomDomains, false);
  assert.equal(project.lastAliasRequest?.toDeploymentId, first);
  assert.equal(project.targets?.production?.id, first);
  assert.ok(project.link && 'repoId' in project.link);

  const { deployments, pagination } = await vercel.deployments.getDeployments({ projectId, teamId, limit: 1 });
  assert.deepEqual(
    deployments.map(({ uid }) => uid),
    [second],
  );
  assert.equal(pagination.next, deployments[0]?.createdAt);
  const host = sandbox.vercel.project.domains[0]?.name ?? '';
  const alias = await vercel.aliases.getAlias({ idOrAlias: host, teamId });
  assert.equal(alias.deploymentId, first);
  const moved = await vercel.aliases.assignAlias({ id: second, teamId, requestBody: { alias: host } });
  assert.equal(moved.oldDeploymentId, first);
  const { aliases } = await vercel.aliases.listDeploymentAliases({ id: second, teamId });
  assert.deepEqual(
    aliases.map((one) => one.alias),
    [host],
  );
  const all = await vercel.aliases.listAliases({ projectId, teamId });
  assert.equal(all.aliases.length, 1);
});

test('settings, domains, variables, environments and events in the words of @vercel/sdk', async () => {
  const id = await deploy();
  const patched = await vercel.projects.updateProject({
    idOrName: projectId,
    teamId,
    requestBody: { autoAssignCustomDomains: true, ssoProtection: { deploymentType: 'preview' } },
  });
  assert.equal(patched.ssoProtection?.deploymentType, 'preview');
  const domains = await vercel.projects.getProjectDomains({ idOrName: projectId, teamId });
  assert.ok('domains' in domains && domains.domains.every(({ verified }) => verified));
  const envs = await vercel.projects.filterProjectEnvs({ idOrName: projectId, teamId });
  assert.ok('envs' in envs && envs.envs.some((one) => 'key' in one && one.key === 'GREETING'));
  const { environments } = await vercel.environment.getProjectsByIdOrNameCustomEnvironments({
    idOrName: projectId,
    teamId,
  });
  assert.deepEqual(environments, []);
  const rolling = await vercel.rollingRelease.getRollingRelease({ idOrName: projectId, teamId });
  assert.equal(rolling.rollingRelease, null);
  assert.ok(await vercel.deployments.getDeploymentEvents({ idOrUrl: id, teamId }));
  await vercel.deployments.deleteDeployment({ id, teamId });
});

test('refusals arrive as the errors of @vercel/sdk', async () => {
  const stranger = new Vercel({ bearerToken: 'wrong', serverURL: sandbox.description.vercel.apiUrl });
  await assert.rejects(stranger.projects.getProject({ idOrName: projectId, teamId }), { statusCode: 403 });
  await assert.rejects(vercel.projects.getProject({ idOrName: projectId, teamId: 'team_other' }), { statusCode: 403 });
  await assert.rejects(vercel.deployments.getDeployment({ idOrUrl: 'dpl_none', teamId }), { statusCode: 404 });
});
