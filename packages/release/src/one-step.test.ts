import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import type { VercelDeployment } from '#vercel/project';
import { assessCandidates, choosePrevious, chooseRollbackTarget } from './choose-rollback-target.ts';
import { beyondOneStep, oneStepOf } from './one-step.ts';
import { readWantedTarget, resolveTarget } from './resolve-target.ts';

const may = { vercel: {} } as EnvironmentSettings;
const mayNot = { vercel: { rollbackFallback: 'none' } } as EnvironmentSettings;

function deployment(number: number): VercelDeployment {
  return {
    id: `dpl_${number}`,
    url: `dpl-${number}.vercel.app`,
    readyState: 'READY',
    readySubstate: 'PROMOTED',
    target: 'production',
    projectId: 'prj_1',
    createdAt: number * 1000,
    aliases: [],
    isRollbackCandidate: true,
    meta: {},
  };
}
const deployments = [3, 2, 1].map(deployment);
const hobby = { plan: 'hobby', currentDeploymentId: 'dpl_3' };
function history(settings: EnvironmentSettings) {
  const oneStep = oneStepOf(hobby, settings, deployments);
  const place = {
    projectId: 'prj_1',
    as: 'production',
    environment: 'production',
    vercelTarget: 'production',
  } as const;
  return { ...place, currentDeploymentId: 'dpl_3', deployments, releases: [], oneStep };
}

test('the one step is what Vercel says served right before, else the newest that was live; other plans have none', () => {
  const move = { type: 'promote', toDeploymentId: 'dpl_3', requestedAt: 1 } as const;
  const moved = { ...move, jobStatus: 'succeeded', fromDeploymentId: 'dpl_1' } as const;
  assert.equal(oneStepOf({ ...hobby, lastAliasRequest: moved }, may, deployments)?.deploymentId, 'dpl_1');
  const failed = { ...moved, jobStatus: 'failed' } as const;
  assert.equal(oneStepOf({ ...hobby, lastAliasRequest: failed }, may, deployments)?.deploymentId, 'dpl_2');
  assert.equal(oneStepOf({ ...hobby, plan: 'pro' }, may, deployments), undefined);
  assert.equal(oneStepOf({ currentDeploymentId: 'dpl_3' }, may, deployments), undefined);
  assert.equal(oneStepOf(hobby, may, deployments.slice(0, 1)), undefined);
});

test('on Hobby what is further back is promoted instead, and the list says so', () => {
  const candidates = assessCandidates(history(may));
  assert.deepEqual(
    candidates.map(({ deployment: { id }, standing, promoted }) => [id, standing, promoted !== undefined]),
    [
      ['dpl_3', 'adopted', false],
      ['dpl_2', 'adopted', false],
      ['dpl_1', 'adopted', true],
    ],
  );
  assert.match(candidates[2]?.promoted ?? '', /the plan's one step.*only to dpl_2.*promoted instead/);
});

test('where the configuration forbids to promote, it is ineligible before anything is sent', () => {
  const known = history(mayNot);
  const oldest = assessCandidates(known).at(-1);
  assert.deepEqual([oldest?.deployment.id, oldest?.standing], ['dpl_1', 'ineligible']);
  assert.match(oldest?.reason ?? '', /dpl_1 is beyond the plan's one step.*forbids/);
  const refused = resolveTarget(readWantedTarget('dpl_1'), known);
  assert.match('message' in refused ? refused.message : '', /the plan's one step.*Can be taken: dpl_3, dpl_2/);
  assert.equal(choosePrevious(known).target?.deploymentId, 'dpl_2');
});

test('before a release nothing is counted: its own promotion moves the step on', () => {
  const releases = [2, 3].map((number) => ({
    ...{ id: number, environment: 'production', key: `k${number}`, runId: number, commit: 'a', version: `v${number}` },
    ...{ openedAt: 1, as: 'production', mode: 'auto', firstDeployment: false, deploymentId: `dpl_${number}` },
    ...{
      promotion: 'promoted',
      promotedAt: number,
      rolledBack: true,
      decision: 'rolled-back',
      unwatched: false,
      facts: [],
    },
  })) as never[];
  const choice = chooseRollbackTarget({ ...history(mayNot), releases }, { key: 'own' });
  assert.equal(choice.target?.deploymentId, 'dpl_1');
});

test('nothing is said of the step itself, or where there is none', () => {
  assert.equal(beyondOneStep({ deploymentId: 'dpl_2', promotes: true }, 'dpl_2'), undefined);
  assert.equal(beyondOneStep(undefined, 'dpl_1'), undefined);
});
