import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { VercelDeployment } from '#vercel/project';
import { choosePrevious, type EnvironmentHistory } from './choose-rollback-target.ts';
import { planCleanUp } from './clean-up.ts';
import type { Lock } from './lock.ts';
import type { ReleaseRecord } from './release-record.ts';

const idOf = (number: number) => `dpl_${number}`;

function release(number: number, decision: string | undefined, back?: number): ReleaseRecord {
  return {
    id: number,
    environment: 'production',
    key: `1:production:${number}`,
    runId: number,
    commit: String(number % 10).repeat(40),
    version: `v1.${number}.0`,
    openedAt: number * 1000,
    as: 'production',
    mode: 'auto',
    firstDeployment: false,
    deploymentId: idOf(number),
    promotion: 'promoted',
    promotedAt: number * 1000,
    rolledBack: decision === 'rolled-back',
    decision,
    unwatched: false,
    facts: [],
    ...(back === undefined ? {} : { rollbackTarget: { deploymentId: idOf(back), adopted: false } }),
  };
}

function history(
  decisions: (string | undefined)[],
  current: number,
  back: Record<number, number> = {},
): EnvironmentHistory {
  const releases = decisions.map((decision, index) => release(index + 1, decision, back[index + 1]));
  const deployments = releases.map(({ runId }): VercelDeployment => {
    return {
      id: idOf(runId),
      url: `notes-${runId}.vercel.app`,
      readyState: 'READY',
      readySubstate: 'PROMOTED',
      target: 'production',
      projectId: 'prj_1',
      createdAt: runId * 1000,
      aliases: [],
      isRollbackCandidate: true,
      meta: {},
    };
  });
  return {
    projectId: 'prj_1',
    as: 'production',
    environment: 'production',
    vercelTarget: 'production',
    currentDeploymentId: idOf(current),
    deployments,
    releases: releases.toReversed(),
  };
}

const lockOn = (target: number) =>
  ({ target: { deploymentId: idOf(target) }, reason: 'rolled back' }) as unknown as Lock;
const unneeded = (given: EnvironmentHistory, locks: Lock[] = [], keep = 3) =>
  planCleanUp(given, locks, keep).flatMap(({ deploymentId, keptBecause }) => (keptBecause ? [] : [deploymentId]));

test('After five releases with "keep 3" two are not needed any more, and the newest stay', () => {
  assert.deepEqual(unneeded(history(Array(5).fill('released'), 5)), ['dpl_2', 'dpl_1']);
  assert.deepEqual(unneeded(history(Array(3).fill('released'), 3)), []);
});

test('What serves, a recorded way back, what a lock names and the newest proven one stay, each with its reason', () => {
  const sick = history(['released', 'released', 'rolled-back', 'rolled-back', 'rolled-back'], 2);
  assert.deepEqual(
    planCleanUp(sick, [], 3).map(({ version, keptBecause }) => [version, keptBecause]),
    [
      ['v1.2.0', 'it serves'],
      ['v1.1.0', 'it is the newest proven one before what serves'],
    ],
  );
  const proven = Array<string>(5).fill('released');
  assert.deepEqual(unneeded(history(proven, 5, { 5: 2 })), ['dpl_1'], 'the recorded way back of what serves');
  assert.deepEqual(unneeded(history(proven, 5), [lockOn(1)]), ['dpl_2'], 'the target of an open lock');
  assert.deepEqual(
    unneeded(history([...proven.slice(1), undefined], 4, { 5: 1 })),
    ['dpl_2'],
    'of a release that runs',
  );
});

test('Whatever the history is, what serves and what "previous" means are never given up', () => {
  const decision = fc.constantFrom('released', 'held', 'rolled-back', 'failed', 'would-roll-back');
  const given = fc.array(decision, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(given, fc.nat(11), fc.integer({ min: 2, max: 6 }), (decisions, at, keep) => {
      const all = history(decisions, (at % decisions.length) + 1);
      const gone = unneeded(all, [], keep);
      assert.ok(!gone.includes(all.currentDeploymentId ?? ''));
      assert.ok(!gone.includes(choosePrevious(all).target?.deploymentId ?? ''));
      assert.ok(decisions.length - gone.length >= Math.min(keep, decisions.length));
    }),
  );
});
