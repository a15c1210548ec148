import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type GitHub, GitHubError } from '#github/client';
import { type Scene, setScene } from '../../test/scene.ts';
import { openLedger, openRelease } from '../ledger.ts';
import { closeMigrationRecord, openMigrationRecord } from '../migration-record.ts';
import { releaseKey } from '../release-handle.ts';
import { type RevertRequest, revertRelease } from './revert-release.ts';

let scene: Scene;
let github: GitHub;
before(async () => {
  scene = await setScene();
  ({ github } = await scene.connect());
});
after(() => scene.close());

function git(...words: string[]): string {
  const by = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  return execFileSync('git', ['-C', scene.workspace, ...by, ...words], { encoding: 'utf8' }).trim();
}

function commitFile(name: string, text: string): string {
  writeFileSync(join(scene.workspace, name), text);
  git('add', '.');
  git('commit', '--quiet', '-m', name);
  return git('rev-parse', 'HEAD');
}

let runs = 0;
async function recordRelease(
  environment: string,
  { version, commit, former }: { version: string; commit: string; former: { version: string; commit: string } },
): Promise<void> {
  const runId = ++runs;
  const { record } = await openRelease(github, {
    environment,
    production: true,
    payload: {
      schemaVersion: 1,
      key: releaseKey({ repositoryId: scene.sandbox.repositoryId, environment, runId }),
      runId,
      commit,
      version,
      as: 'production',
      rollbackTarget: { deploymentId: `dpl_${runId}`, ...former, adopted: false },
      autoAssign: false,
      mode: 'auto',
      firstDeployment: false,
    },
  });
  await openLedger(github, { ledgerId: record.id }).record('promote', 'outcome', 'promoted', `dpl_${runId + 1}`);
}

/** A branch whose last release, v1.1.0, is a merge commit on top of v1.0.0; answers both commits. */
async function mergedRelease(branch: string): Promise<{ former: string; bad: string; request: RevertRequest }> {
  git('checkout', '--quiet', '--force', '-B', branch, scene.commits[0] ?? '');
  const former = commitFile('index.html', `<p>good ${branch}</p>\n`);
  git('checkout', '--quiet', '-b', `${branch}-side`);
  commitFile('index.html', `<p>bad ${branch}</p>\n`);
  commitFile('more.html', 'bad\n');
  git('checkout', '--quiet', branch);
  git('merge', '--quiet', '--no-ff', '-m', 'merge side', `${branch}-side`);
  const bad = git('rev-parse', 'HEAD');
  const environment = branch;
  await recordRelease(environment, { version: 'v1.1.0', commit: bad, former: { version: 'v1.0.0', commit: former } });
  const request = { environment, release: undefined, branch, mode: 'push', tag: false } as const;
  return { former, bad, request: { ...request, allowUnsafe: undefined, dryRun: false } };
}
const tree = (name: string) => git('rev-parse', `${name}^{tree}`);
const parents = (name: string) => git('log', '-1', '--format=%P', name).split(' ');

test('a merge commit is reverted on its branch and tagged; a second run makes nothing new', async () => {
  const { former, bad, request } = await mergedRelease('forward');
  const tagging = { ...request, tag: true };
  git('tag', 'v1.1.1', former);
  const planned = await revertRelease(github, { ...tagging, dryRun: true });
  assert.deepEqual([planned.decision, git('rev-parse', 'forward')], ['planned', bad]);
  const done = await revertRelease(github, tagging);
  assert.deepEqual([done.decision, done.tag], ['reverted', 'v1.1.2'], done.message);
  assert.deepEqual([tree('forward'), parents('forward')], [tree(former), [bad]]);
  assert.equal(git('rev-parse', 'v1.1.2^{commit}'), git('rev-parse', 'forward'));
  const refs = git('for-each-ref');
  const again = await revertRelease(github, tagging);
  assert.deepEqual(
    [again.decision, again.tag, git('for-each-ref')],
    ['already-reverted', 'v1.1.2', refs],
    again.message,
  );
});

test('what came since stays: the revert is merged with it, and the tag is on the revert alone', async () => {
  const { former, request } = await mergedRelease('since');
  commitFile('later.html', 'later\n');
  const done = await revertRelease(github, { ...request, tag: true });
  assert.equal(done.decision, 'reverted', done.message);
  assert.equal(git('show', 'since:index.html'), '<p>good since</p>');
  assert.equal(git('show', 'since:later.html'), 'later');
  assert.equal(git('ls-tree', '--name-only', 'since', 'more.html'), '');
  assert.equal(tree(done.tag ?? ''), tree(former));
  assert.equal((await revertRelease(github, { ...request, tag: true })).decision, 'already-reverted');
});

test('a conflict is told and changes nothing', async () => {
  const { request } = await mergedRelease('conflict');
  commitFile('index.html', '<p>mended by hand</p>\n');
  const refs = git('for-each-ref');
  const refused = await revertRelease(github, { ...request, tag: true });
  assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'conflicts']);
  assert.match(refused.message, /nothing was changed\. Next: git revert the commits/);
  assert.equal(git('for-each-ref'), refs);
});

test('as a pull request the branch stays as it is, and a second run finds the first one', async () => {
  const { former, bad, request } = await mergedRelease('proposed');
  const proposal = { ...request, mode: 'pull-request', tag: true } as const;
  const opened = await revertRelease(github, proposal);
  assert.deepEqual([opened.decision, opened.reasonCode, opened.tag], ['opened', 'opened', undefined], opened.message);
  assert.equal(git('rev-parse', 'proposed'), bad);
  assert.equal(tree('ops-actions/revert-v1.1.0'), tree(former));
  const again = await revertRelease(github, proposal);
  assert.deepEqual([again.reasonCode, again.pullRequest?.number], ['already_open', opened.pullRequest?.number]);
  git('update-ref', 'refs/heads/proposed', opened.commit ?? '');
  const merged = await revertRelease(github, proposal);
  assert.equal(merged.decision, 'already-reverted');
  assert.equal(git('rev-parse', `${merged.tag}^{commit}`), opened.commit);
});

test('a release that was overtaken on another branch, or that nobody knows, is refused before anything is made', async () => {
  const { request } = await mergedRelease('unknown');
  const refs = git('for-each-ref');
  const reasonOf = async (more: Partial<RevertRequest>) =>
    (await revertRelease(github, { ...request, ...more })).reasonCode;
  assert.equal(await reasonOf({ release: 'v9.9.9' }), 'release_unknown');
  assert.equal(await reasonOf({ branch: 'nowhere' }), 'branch_unknown');
  assert.equal(await reasonOf({ branch: 'forward' }), 'not_on_branch');
  assert.equal(git('for-each-ref'), refs);
});

test('a branch whose rules want a pull request is left as it is, and the way around is said', async () => {
  const { bad, request } = await mergedRelease('ruled');
  const message = 'GitHub refused to move ruled: HTTP 422 (GitHub says: Changes must be made through a pull request.)';
  const ruled: GitHub = Object.assign(Object.create(github), {
    forwardBranch: () => Promise.reject(new GitHubError('github_refused', message)),
  });
  const refused = await revertRelease(ruled, { ...request, tag: true });
  assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'push_refused']);
  assert.match(refused.message, /through a pull request.*Next: use mode: pull-request/);
  assert.equal(git('rev-parse', 'ruled'), bad);
});

test('a pull request that was squashed is found again: the revert gets its tag, and nobody is asked a second time', async () => {
  const { bad, request } = await mergedRelease('squashed');
  const proposal = { ...request, mode: 'pull-request', tag: true } as const;
  const opened = await revertRelease(github, proposal);
  const number = opened.pullRequest?.number ?? 0;
  const squash = git('commit-tree', '-p', bad, '-m', 'squashed', `${opened.commit}^{tree}`);
  git('update-ref', 'refs/heads/squashed', squash);
  scene.sandbox.github?.endPullRequest(number, 'merged');
  const again = await revertRelease(github, proposal);
  assert.deepEqual([again.decision, again.pullRequest?.number], ['already-reverted', number], again.message);
  assert.equal(git('rev-parse', `${again.tag}^{commit}`), opened.commit);
});

test('a release that others followed is taken out of the branch and not tagged: the tag would take those back, too', async () => {
  const { bad, request } = await mergedRelease('older');
  const newer = commitFile('newer.html', 'newer\n');
  await recordRelease('older', { version: 'v1.2.0', commit: newer, former: { version: 'v1.1.0', commit: bad } });
  const tags = git('tag');
  const done = await revertRelease(github, { ...request, release: 'v1.1.0', tag: true });
  assert.deepEqual([done.decision, done.reasonCode, done.tag], ['reverted', 'newer_released', undefined], done.message);
  assert.match(done.message, /NOT tagged: v1\.2\.0 went live since/);
  assert.equal(git('tag'), tags);
  assert.equal(git('show', 'older:newer.html'), 'newer');
});

test('one version that was released twice has two reverts, each proposed from a branch of its own', async () => {
  const { bad, request } = await mergedRelease('twice');
  const proposal = { ...request, mode: 'pull-request' } as const;
  const first = await revertRelease(github, proposal);
  const more = commitFile('more-of-it.html', 'more\n');
  await recordRelease('twice', { version: 'v1.1.0', commit: more, former: { version: 'v1.1.0', commit: bad } });
  const second = await revertRelease(github, proposal);
  assert.notEqual(second.commit, first.commit);
  assert.notEqual(second.pullRequest?.number, first.pullRequest?.number);
  const branch = `ops-actions/revert-v1.1.0-${second.commit?.slice(0, 7)}`;
  assert.equal(git('rev-parse', branch), second.commit);
});

test('a tag that the rules of the repository refuse is said at once, beside what was done', async () => {
  const { request } = await mergedRelease('tagrules');
  let asked = 0;
  const ruled: GitHub = Object.assign(Object.create(github), {
    createRef: () => {
      asked += 1;
      return Promise.reject(new GitHubError('github_refused', 'GitHub refused to create the tag: HTTP 422 (rules)'));
    },
  });
  const done = await revertRelease(ruled, { ...request, tag: true });
  assert.deepEqual([done.decision, done.reasonCode, asked], ['reverted', 'tag_refused', 1], done.message);
  assert.match(done.message, /NOT tagged: GitHub refused to create the tag/);
});

test('what a person answers for is said beside what was done', async () => {
  const { bad, request } = await mergedRelease('crossing');
  const id = await openMigrationRecord(
    github,
    { environment: 'crossing', production: true, ref: bad },
    {
      direction: 'forward',
      files: [{ file: '3_drop.sql', version: '3', phase: 'contract', sql: 'drop table a;' }],
      held: [],
    },
  );
  await closeMigrationRecord(github, id, { word: 'applied', newest: '3' });
  assert.equal((await revertRelease(github, request)).reasonCode, 'crosses_contract');
  const done = await revertRelease(github, { ...request, allowUnsafe: 'nobody reads it' });
  assert.equal(done.decision, 'reverted', done.message);
  assert.match(done.message, /Schema unsafe, going back crosses .*3_drop\.sql; taken all the same: nobody reads it\.$/);
});
