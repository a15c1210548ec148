import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DeploymentStatus, GitHub, GitHubDeployment } from '#github/client';
import { ledgerTask } from '../release-record.ts';
import { findAfterRelease } from './find-after-release.ts';

const live = ['ops:promote:outcome:promoted dpl_x', 'ops:release:outcome:released passed'];
const lookedAt = 'ops:after-window:outcome:open watch health ok';
const ended = 'ops:sign-off:outcome:complete issue 7';

/** Entries of the ledger, oldest first: the n-th is version vn with these statuses. */
function ledgerOf(...entries: string[][]) {
  const read: number[] = [];
  const deployments = entries.map(
    (_, index): GitHubDeployment => ({
      id: index + 1,
      ref: 'main',
      sha: 'a'.repeat(40),
      task: ledgerTask,
      environment: 'production',
      payload: { schemaVersion: 1, key: `k${index + 1}`, version: `v${index + 1}` },
      description: '',
      createdAt: index,
    }),
  );
  const github = {
    listDeployments: async () => deployments.toReversed(),
    listStatuses: async (id: number): Promise<DeploymentStatus[]> => {
      read.push(id);
      return (entries[id - 1] ?? []).map((description, at) => ({
        id: at,
        state: 'success',
        description,
        createdAt: at,
      }));
    },
  } as unknown as GitHub;
  return { github, read };
}

async function found(...entries: string[][]) {
  const { github, read } = ledgerOf(...entries);
  const { current, left } = await findAfterRelease(github, 'production');
  return { current: current?.version, left: left.map(({ release, why }) => `${release.version}: ${why}`), read };
}

describe('the release that is looked at', () => {
  test('is the newest that went live, and an older one that is still open is left to it', async () => {
    const { current, left } = await found([...live, lookedAt], live);
    assert.deepEqual([current, left], ['v2', ['v1: v2 took its place']]);
  });

  test('hides nothing behind one that no run has looked at', async () => {
    const { current, left } = await found([...live, lookedAt], live, live, ['ops:migrate:outcome:none']);
    assert.deepEqual([current, left], ['v3', ['v1: v3 took its place']]);
  });

  test('was not taken back: such a one is over', async () => {
    const taken = [...live, lookedAt, 'ops:rollback:outcome:rolled-back dpl_y'];
    const { current, left } = await found(live, taken);
    assert.deepEqual([current, left], ['v1', ['v2: it was taken back']]);
  });

  test('ends the search where it, or one below it, has its end', async () => {
    assert.deepEqual((await found(live, live, [...live, ended])).read, [3]);
    assert.deepEqual((await found(live, [...live, ended], live)).read, [3, 2]);
  });
});
