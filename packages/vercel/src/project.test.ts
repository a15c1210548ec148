import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { LocalVercel } from '../test/local-vercel.ts';
import { openVercelProject } from './project.ts';
import { VercelError } from './vercel-error.ts';

let vercel: LocalVercel;
beforeEach(async () => {
  vercel = await LocalVercel.start();
});
afterEach(() => vercel.close());

async function refusal(promise: Promise<unknown>): Promise<VercelError> {
  const error = await promise.then(
    () => assert.fail('it should have been refused'),
    (reason) => reason,
  );
  assert.ok(error instanceof VercelError, String(error));
  assert.ok(!error.message.includes(vercel.token));
  return error;
}

test('opening a project is one request and sends team and token', async () => {
  const project = await openVercelProject(vercel.connection());
  assert.deepEqual([project.id, project.name, project.teamId], ['prj_local', 'notes', 'team_local']);
  assert.equal(vercel.log.length, 1);
});

test('an expired token, a missing project, a wrong team and a wrong project are told apart, each with what to do', async () => {
  const expired = await refusal(openVercelProject(vercel.connection({ token: 'expired-token-1' })));
  assert.equal(expired.reasonCode, 'vercel_token_rejected');
  assert.match(expired.message, /has expired.*VERCEL_TOKEN/s);
  const missing = await refusal(openVercelProject(vercel.connection({ project: 'nope' })));
  assert.equal(missing.reasonCode, 'project_not_found');
  assert.match(missing.message, /vercel-project and vercel-team/);
  vercel.project.accountId = 'team_other';
  assert.equal((await refusal(openVercelProject(vercel.connection()))).reasonCode, 'wrong_team');
  vercel.project.accountId = vercel.teamId;
  vercel.project.id = 'prj_another';
  assert.equal((await refusal(openVercelProject(vercel.connection()))).reasonCode, 'wrong_project');
});

test('403 on a scope, 402, 429 and 5xx have reasons of their own', async () => {
  const ordered: [number, unknown, string][] = [
    [
      403,
      { error: { code: 'forbidden', message: 'Not authorized: Trying to access resource under scope "x"' } },
      'wrong_team',
    ],
    [403, { error: { code: 'forbidden', message: 'You do not have permission' } }, 'vercel_token_rejected'],
    [402, { error: { code: 'payment_required', message: 'Upgrade' } }, 'vercel_plan'],
  ];
  for (const [status, body, reasonCode] of ordered) {
    vercel.faults.push({ route: /projects/, status, body });
    assert.equal((await refusal(openVercelProject(vercel.connection()))).reasonCode, reasonCode);
  }
  vercel.faults.push({ route: /projects/, status: 429, times: 4, headers: { 'retry-after': '0' } });
  assert.equal((await refusal(openVercelProject(vercel.connection()))).reasonCode, 'vercel_rate_limited');
  vercel.faults.push({ route: /projects/, status: 503, times: 4, headers: { 'retry-after': '0' } });
  assert.equal((await refusal(openVercelProject(vercel.connection()))).reasonCode, 'vercel_unreachable');
});

test('an answer without a field that is needed names the field', async () => {
  vercel.project.accountId = 7;
  const error = await refusal(openVercelProject(vercel.connection()));
  assert.equal(error.reasonCode, 'vercel_bad_answer');
  assert.match(error.message, /accountId/);
});

test('the state tells domains, Git link, protection and a pinned rollback', async () => {
  vercel.project = {
    autoAssignCustomDomains: false,
    lastAliasRequest: {
      type: 'rollback',
      jobStatus: 'succeeded',
      fromDeploymentId: 'dpl_new',
      toDeploymentId: 'dpl_old',
      requestedAt: 5,
    },
    rollbackDescription: { userId: 'u', username: 'ada', description: 'errors\u001b[31m rose', createdAt: 6 },
    link: { type: 'github', org: 'acme', repo: 'notes', repoId: 12, productionBranch: 'main' },
    ssoProtection: { deploymentType: 'all_except_custom_domains' },
    protectionBypass: { s3cret: { scope: 'automation-bypass' } },
    targets: { production: { id: 'dpl_old', plan: 'hobby' } },
    rootDirectory: 'frontend',
    somethingNew: { anything: 1 },
  };
  const state = await (await openVercelProject(vercel.connection())).readState();
  assert.deepEqual(state.productionDomains, ['app.example.com', 'www.example.com']);
  assert.deepEqual(state.gitLink, {
    type: 'github',
    repository: 'acme/notes',
    repositoryId: 12,
    productionBranch: 'main',
  });
  assert.deepEqual(state.protection, { deploymentType: 'all_except_custom_domains', bypassConfigured: true });
  const pin = { deploymentId: 'dpl_old', from: 'dpl_new', description: 'errors rose', by: 'ada', at: 5 };
  assert.deepEqual(state.pinnedRollback, pin);
  assert.deepEqual(
    [state.autoAssign, state.currentDeploymentId, state.plan, state.rootDirectory],
    [false, 'dpl_old', 'hobby', 'frontend'],
  );
  // Of another time: it is of an earlier rollback, and the last one had no description.
  vercel.project.rollbackDescription = { description: 'long ago', username: 'bob', createdAt: 6 + 60_000 };
  const undescribed = await (await openVercelProject(vercel.connection())).readState();
  assert.deepEqual(undescribed.pinnedRollback, { deploymentId: 'dpl_old', from: 'dpl_new', at: 5 });
  vercel.project.autoAssignCustomDomains = undefined;
  vercel.project.lastAliasRequest = { type: 'a-new-kind', toDeploymentId: 'dpl_old' };
  const later = await (await openVercelProject(vercel.connection())).readState();
  assert.deepEqual([later.autoAssign, later.lastAliasRequest], [undefined, undefined]);
});

test('redirects, branch domains and unverified domains are not production domains; pages are followed', async () => {
  let page = 0;
  vercel.routes.push({
    method: 'GET',
    route: /\/domains$/,
    answer: (_body, url) => {
      page += 1;
      assert.equal(url.searchParams.get('until'), page === 1 ? null : '77');
      const first = [
        { name: 'a.example.com', verified: true },
        { name: 'old.example.com', redirect: 'a.example.com' },
      ];
      const second = [
        { name: 'b.example.com', verified: true },
        { name: 'c.example.com', verified: false },
        { name: 'd.example.com', gitBranch: 'dev' },
      ];
      return { json: { domains: page === 1 ? first : second, pagination: { next: page === 1 ? 77 : null } } };
    },
  });
  const state = await (await openVercelProject(vercel.connection())).readState();
  assert.deepEqual(state.productionDomains, ['a.example.com', 'b.example.com']);
});

test('deployments are found by id and address; a deleted one is absent, one of another project is an error', async () => {
  const project = await openVercelProject(vercel.connection());
  vercel.add({ id: 'dpl-x.vercel.app', readyState: 'READY' });
  assert.equal((await project.deployment('https://dpl-x.vercel.app/path?x=1'))?.readyState, 'READY');
  assert.equal(await project.deployment('dpl_gone'), undefined);
  vercel.add({ id: 'dpl_foreign', readyState: 'READY', projectId: 'prj_other' });
  assert.equal((await refusal(project.deployment('dpl_foreign'))).reasonCode, 'wrong_project');
});

test('deployments are listed newest first over several pages', async () => {
  vercel.routes.push({
    method: 'GET',
    route: /^\/v7\/deployments$/,
    answer: (_body, url) => {
      const until = Number(url.searchParams.get('until') ?? 1_001);
      const deployments = Array.from({ length: 100 }, (_, index) => ({
        uid: `dpl_${until - index}`,
        createdAt: until - index,
      }));
      return { json: { deployments, pagination: { next: until - 100 } } };
    },
  });
  const project = await openVercelProject(vercel.connection());
  const found = await project.deployments({ limit: 250, target: 'production' });
  assert.equal(found.length, 250);
  assert.deepEqual([found[0]?.id, found[249]?.id], ['dpl_1001', 'dpl_752']);
});

test('a git source tells repository, commit, branch and fork; meta alone can only convict', async () => {
  vercel.add({
    id: 'dpl_git',
    readyState: 'READY',
    gitSource: { type: 'github', repoId: '12', sha: 'abc', ref: 'main', prId: null },
    meta: { githubOrg: 'acme', githubCommitOrg: 'mallory' },
    creator: { uid: 'u1', username: 'ada' },
  });
  const deployment = await (await openVercelProject(vercel.connection())).deployment('dpl_git');
  assert.deepEqual(deployment?.gitSource, { type: 'github', repositoryId: 12, sha: 'abc', ref: 'main', fork: true });
  assert.equal(deployment?.creator, 'ada');
});

test('auto-assign is set and read back; an alias is assigned', async () => {
  const project = await openVercelProject(vercel.connection());
  await project.setAutoAssign(false);
  assert.equal(vercel.project.autoAssignCustomDomains, false);
  await project.assignAlias('dpl_new', 'staging.example.com');
  assert.equal(await project.servedBy('staging.example.com'), 'dpl_new');
  vercel.routes.push({
    method: 'GET',
    route: /\/v2\/deployments\/dpl_new\/aliases$/,
    answer: () => ({ json: { aliases: [{ uid: 'a1', alias: 'staging.example.com' }] } }),
  });
  assert.deepEqual(await project.aliasesOf('dpl_new'), ['staging.example.com']);
  const [production = ''] = (await project.readState()).productionDomains;
  assert.equal((await refusal(project.assignAlias('dpl_new', production))).reasonCode, 'production_domain');
  assert.notEqual(await project.servedBy(production), 'dpl_new');
  vercel.faults.push({
    method: 'PATCH',
    route: /projects/,
    status: 200,
    body: { id: 'prj_local', name: 'notes', accountId: 'team_local' },
  });
  assert.equal((await refusal(project.setAutoAssign(true))).reasonCode, 'auto_assign_not_set');
});

test('names of environment variables are read per target, never their values', async () => {
  vercel.routes.push({
    method: 'GET',
    route: /\/env$/,
    answer: () => ({
      json: {
        envs: [
          { key: 'A', target: ['production'], value: 'x' },
          { key: 'B', target: 'preview' },
        ],
      },
    }),
  });
  const project = await openVercelProject(vercel.connection());
  assert.deepEqual(await project.environmentNames('production'), ['A']);
});

test('variables that changed since a time are named once, by the time of their last change, never their values', async () => {
  const both = ['production', 'preview'];
  vercel.routes.push({
    method: 'GET',
    route: /\/env$/,
    answer: () => ({
      json: {
        envs: [
          { key: 'OLD', target: both, value: 'x', createdAt: 1_000, updatedAt: 1_000 },
          { key: 'CHANGED', target: both, value: 'x', createdAt: 1_000, updatedAt: 3_000 },
          { key: 'ADDED', target: 'production', createdAt: 3_000 },
          { key: 'PREVIEW', target: 'preview', createdAt: 3_000 },
        ],
      },
    }),
  });
  const project = await openVercelProject(vercel.connection());
  assert.deepEqual(await project.variablesChangedSince('production', 2_000), ['ADDED', 'CHANGED']);
});
