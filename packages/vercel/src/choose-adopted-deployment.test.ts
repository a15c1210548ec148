import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdoptionTerms, chooseAdoptedDeployment } from './choose-adopted-deployment.ts';
import type { VercelDeployment } from './vercel-types.ts';

const terms: AdoptionTerms = {
  projectId: 'prj_1',
  target: 'production',
  sha: 'abc',
  repository: 'acme/notes',
  repositoryId: 12,
  allowedRefs: ['main'],
};
const good: VercelDeployment = {
  id: 'dpl_good',
  url: 'good.vercel.app',
  readyState: 'READY',
  target: 'production',
  projectId: 'prj_1',
  createdAt: 5,
  aliases: [],
  meta: {},
  gitSource: { type: 'github', repositoryId: 12, sha: 'abc', ref: 'main', fork: false },
  creator: 'ada',
};
const git = good.gitSource as NonNullable<VercelDeployment['gitSource']>;

test('a deployment whose own fields fit is adopted', () => {
  assert.deepEqual(chooseAdoptedDeployment([good], terms), { deployment: good, refused: [] });
});

const { gitSource: _git, ...uploaded } = good;
const { creator: _creator, ...anonymous } = good;
const refusals: [string, VercelDeployment, RegExp][] = [
  ['another project', { ...good, projectId: 'prj_2' }, /project prj_2/],
  ['a preview', { ...good, target: null }, /built for preview/],
  [
    'uploaded files with forged meta',
    { ...uploaded, meta: { githubCommitSha: 'abc', githubRepoId: '12' } },
    /uploaded files/,
  ],
  ['another commit', { ...good, gitSource: { ...git, sha: 'def' } }, /built from def/],
  ['another repository', { ...good, gitSource: { ...git, repositoryId: 13 } }, /another repository/],
  ['a fork', { ...good, gitSource: { ...git, fork: true } }, /fork/],
  ['a pull request', { ...good, gitSource: { ...git, pullRequest: 7 } }, /pull request 7/],
  ['a branch that is not allowed', { ...good, gitSource: { ...git, ref: 'feature' } }, /branch feature; allowed: main/],
  ['an unknown creator', anonymous, /who made it/],
];
for (const [name, deployment, why] of refusals) {
  test(`${name} is refused by name`, () => {
    const { deployment: chosen, refused } = chooseAdoptedDeployment([deployment], terms);
    assert.equal(chosen, undefined);
    assert.equal(refused[0]?.id, 'dpl_good');
    assert.match(refused[0]?.why ?? '', why);
  });
}

test('a ready one wins over one that is building, among equals the newest', () => {
  const building = { ...good, id: 'dpl_building', readyState: 'BUILDING', createdAt: 9 };
  const older = { ...good, id: 'dpl_older', createdAt: 1 };
  assert.equal(chooseAdoptedDeployment([building, older, good], terms).deployment?.id, 'dpl_good');
});
