import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentStatus, GitHub } from '#github/client';
import { chooseRollbackTarget } from './choose-rollback-target.ts';
import { openLedger } from './ledger.ts';
import { type ReleaseRecord, toReleaseRecord } from './release-record.ts';
import { closeOvertaken, closeSuperseded, readOpenWatches, readWindow, recordWindow } from './watch-record.ts';

/** Ledger entries by id, each with its facts, and the requests that were made. */
function ledgerOf(entries: Record<number, string[]>) {
  const requests: string[] = [];
  const statuses = new Map<number, DeploymentStatus[]>();
  const add = (id: number, description: string) => {
    const own = statuses.get(id) ?? [];
    statuses.set(id, [...own, { id: own.length, state: 'in_progress', description, createdAt: own.length }]);
  };
  for (const [id, facts] of Object.entries(entries)) for (const fact of facts) add(Number(id), fact);
  const deployment = (id: number) => ({
    id,
    ref: 'main',
    sha: 'c'.repeat(40),
    task: 'ops-actions',
    environment: 'production',
    payload: { schemaVersion: 1, key: `1:production:${id}`, runId: id, version: `v${id}` },
    description: '',
    createdAt: id,
  });
  const github = {
    async listDeployments() {
      requests.push('list');
      return [...statuses.keys()].map(deployment);
    },
    async listStatuses(id: number) {
      requests.push(`statuses ${id}`);
      return statuses.get(id) ?? [];
    },
    async createStatus(id: number, { description, state }: { description: string; state: string }) {
      requests.push(`write ${id} ${state}`);
      add(id, description);
    },
  } as unknown as GitHub;
  const record = (id: number) => toReleaseRecord(deployment(id), statuses.get(id) ?? []);
  return { github, requests, record };
}

const promoted = 'ops:promote:outcome:promoted dpl_1';
const continues = 'ops:release:outcome:watch-continues window_open';

test('what a later run judges by is read back as it was written', async () => {
  const ledger = ledgerOf({ 7: [promoted] });
  const window = {
    since: 1_700_000_000_123,
    windowMs: 7_200_000,
    intervalMs: 30_000,
    rules: ['error-rate above 10%: immediately', 'error-rate above 3x baseline and at least 2% within 15m'],
  };
  await recordWindow(openLedger(ledger.github, { ledgerId: 7 }), window);
  const record = ledger.record(7);
  assert.ok(record);
  assert.deepEqual(readWindow(record), window);
  assert.equal(readWindow({ facts: [] }), undefined);
});

test('a rule that does not fit into the record makes ops.yml say the rules, never half of one', async () => {
  const ledger = ledgerOf({ 7: [promoted] });
  const rules = [
    'error-rate above 10%: immediately',
    `p95 above 5s within 15m except ${'/a/very/long/route '.repeat(9)}`,
  ];
  const window = { since: 1, windowMs: 2, intervalMs: 3, rules };
  await recordWindow(openLedger(ledger.github, { ledgerId: 7 }), window);
  const record = ledger.record(7);
  assert.ok(record);
  assert.deepEqual(readWindow(record), { ...window, rules: undefined });
});

test('where nothing is open two requests say so', async () => {
  const ledger = ledgerOf({
    1: [promoted, continues],
    2: [promoted, 'ops:release:outcome:released passed'],
    3: [promoted, 'ops:release:outcome:released passed'],
  });
  assert.deepEqual(await readOpenWatches(ledger.github, 'production'), { current: undefined, overtaken: [] });
  assert.deepEqual(ledger.requests, ['list', 'statuses 3']);
});

test('the newest release in production is the one whose watch goes on; those before it lost theirs', async () => {
  const ledger = ledgerOf({
    1: [promoted, 'ops:release:outcome:released passed'],
    2: [promoted, continues],
    3: [promoted, continues],
    4: ['ops:promote:outcome:failed dpl_4', 'ops:release:outcome:failed promotion_failed'],
  });
  const { current, overtaken } = await readOpenWatches(ledger.github, 'production');
  assert.equal(current?.version, 'v3');
  assert.deepEqual(
    overtaken.map(({ release, by }) => [release.version, by]),
    [['v2', 'v3']],
  );
  await closeOvertaken(ledger.github, { id: 2 }, 'v3');
  assert.deepEqual([ledger.record(2)?.decision, ledger.record(2)?.reason], ['held', 'overtaken by v3']);
  assert.equal(ledger.requests.at(-1), 'write 2 inactive');
  assert.deepEqual((await readOpenWatches(ledger.github, 'production')).overtaken, []);
});

test('a watch that something else ended has no verdict; one that a release ended is gone back to where nothing was judged', async () => {
  const ledger = ledgerOf({ 1: [promoted, continues], 2: [promoted, continues], 3: [promoted, continues] });
  await closeOvertaken(ledger.github, { id: 1 }, 'v2');
  await closeSuperseded(ledger.github, { id: 2 }, 'production serves dpl_9 now.');
  const releases = [3, 2, 1].map((id) => ({ ...ledger.record(id), deploymentId: `dpl_${id}` }) as ReleaseRecord);
  const deployments = releases.map(({ id }) => ({
    ...{ id: `dpl_${id}`, url: '', readyState: 'READY', readySubstate: 'PROMOTED', target: 'production' },
    ...{ projectId: 'prj_1', createdAt: id, aliases: [], isRollbackCandidate: true, meta: {} },
  }));
  const where = {
    projectId: 'prj_1',
    as: 'production',
    environment: 'production',
    vercelTarget: 'production',
  } as const;
  const history = { ...where, currentDeploymentId: 'dpl_3', deployments, releases };
  const { target, skipped } = chooseRollbackTarget(history, { key: '1:production:4' });
  assert.deepEqual([target?.deploymentId, target?.adopted], ['dpl_1', false]);
  assert.equal(target?.unjudged, 'overtaken by v2 before anybody judged it');
  assert.deepEqual(
    skipped.map(({ reason }) => reason),
    ['its watch has no verdict yet', 'ended as superseded'],
  );
});

test('a release that is live without an end yet, or that was taken back, ends the watch before it, too', async () => {
  for (const end of [
    [],
    ['ops:rollback:outcome:rolled-back dpl_2 -> dpl_0', 'ops:release:outcome:rolled-back breach'],
  ]) {
    const ledger = ledgerOf({ 1: [promoted, continues], 2: [promoted, ...end] });
    const { current, overtaken } = await readOpenWatches(ledger.github, 'production');
    assert.equal(current, undefined);
    assert.deepEqual(
      overtaken.map(({ release, by }) => [release.version, by]),
      [['v1', 'v2']],
    );
  }
});
