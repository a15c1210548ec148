import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sandbox } from '../sandbox-types.ts';
import { startSandbox } from '../start-sandbox.ts';

let sandbox: Sandbox;
let directory: string;
const commits: string[] = [];

const git = (...words: string[]) =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...words], {
    encoding: 'utf8',
  }).trim();

async function commit(text: string): Promise<string> {
  await writeFile(join(directory, 'index.html'), text);
  git('add', '--all');
  git('commit', '--quiet', '--no-gpg-sign', '--message', `Say ${text}\n\nIn full.`);
  return git('rev-parse', 'HEAD');
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'github-front-'));
  git('init', '--quiet', '--initial-branch=main');
  commits.push(await commit('one'), await commit('two'));
  git('tag', '--annotate', 'v1', '--message', 'v1', '--no-sign');
  git('checkout', '--quiet', '-b', 'hotfix', commits[0] ?? '');
  commits.push(await commit('fix'));
  sandbox = await startSandbox({
    postgres: false,
    gitDirectory: directory,
    githubClockOffsetMs: 3_600_000,
    vercel: { gitLink: true, readyDelayMs: 4 },
  });
});
after(async () => {
  await sandbox.close();
  await rm(directory, { recursive: true });
});

async function call(method: string, path: string, body?: unknown, token = sandbox.description.github.token) {
  const { apiUrl, repository } = sandbox.description.github;
  const answer = await fetch(`${apiUrl}/repos/${repository}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: text === '' ? undefined : JSON.parse(text) };
}

test('unknown tokens are refused, which emulate itself does not do', async () => {
  const { status, json } = await call('GET', '', undefined, 'ghs_wrong');
  assert.deepEqual([status, json.message], [401, 'Bad credentials']);
  assert.equal((await call('GET', '')).json.id, sandbox.repositoryId);
});

test('deployments keep their payload; statuses are appended and listed newest first', async () => {
  const payload = { key: '1:production:2', nested: { a: 1 } };
  const made = await call('POST', '/deployments', {
    ref: 'v1',
    task: 'ops-actions',
    environment: 'production',
    payload,
  });
  assert.deepEqual([made.status, made.json.sha, made.json.payload], [201, commits[1], payload]);
  const { id } = made.json;
  for (const state of ['in_progress', 'success']) {
    const told = await call('POST', `/deployments/${id}/statuses`, {
      state,
      description: `ops:promote:intent ${state}`,
    });
    assert.equal(told.status, 201);
  }
  const { json } = await call('GET', `/deployments/${id}/statuses`);
  assert.deepEqual(
    json.map((status: { state: string }) => status.state),
    ['success', 'in_progress'],
  );
  const long = await call('POST', `/deployments/${id}/statuses`, { state: 'success', description: 'x'.repeat(141) });
  assert.equal(long.status, 422);
  assert.equal((await call('POST', `/deployments/${id}/statuses`, { state: 'fine' })).status, 422);
  assert.equal((await call('PATCH', `/deployments/${id}`, { payload: {} })).status, 404);
  assert.equal((await call('POST', '/deployments', { ref: 'no-such-branch' })).status, 422);
});

test('deployments are listed newest first, filtered and paged', async () => {
  for (let count = 0; count < 3; count += 1) {
    await call('POST', '/deployments', { ref: 'main', task: 'ops-actions:lock', environment: 'staging' });
  }
  const page = await call('GET', '/deployments?environment=staging&task=ops-actions:lock&per_page=2');
  assert.equal(page.json.length, 2);
  assert.ok(page.json[0].id > page.json[1].id);
  const next = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
  const rest = await fetch(next, { headers: { authorization: `Bearer ${sandbox.description.github.token}` } });
  assert.equal(((await rest.json()) as unknown[]).length, 1);
  assert.deepEqual((await call('GET', '/deployments?environment=nowhere')).json, []);
});

test('a success makes earlier ones of the environment inactive, unless told otherwise or production', async () => {
  const deploy = async (environment: string, success: Record<string, unknown>) => {
    const { json } = await call('POST', '/deployments', { ref: 'main', environment });
    await call('POST', `/deployments/${json.id}/statuses`, { state: 'success', ...success });
    return json.id;
  };
  const stateOf = async (id: number) => (await call('GET', `/deployments/${id}/statuses`)).json[0].state;
  const first = await deploy('qa', {});
  await deploy('qa', { auto_inactive: false });
  assert.equal(await stateOf(first), 'success');
  await deploy('qa', {});
  assert.equal(await stateOf(first), 'inactive');
  const production = await deploy('production', {});
  await deploy('production', {});
  assert.equal(await stateOf(production), 'success');
});

test('compare, commits, trees, refs and contents come from the real repository', async () => {
  const [one = '', two = '', fix = ''] = commits;
  const compare = async (range: string) => {
    const { json } = await call('GET', `/compare/${range}`);
    return [json.status, json.ahead_by, json.behind_by, json.commits.map((each: { sha: string }) => each.sha)];
  };
  assert.deepEqual(await compare(`${one}...v1`), ['ahead', 1, 0, [two]]);
  assert.deepEqual(await compare(`v1...${one}`), ['behind', 0, 1, []]);
  assert.deepEqual(await compare('main...hotfix'), ['diverged', 1, 1, [fix]]);
  assert.deepEqual(await compare('main...main'), ['identical', 0, 0, []]);
  assert.equal((await call('GET', '/compare/main...nothing')).status, 404);

  const commit = (await call('GET', '/commits/main')).json;
  assert.deepEqual([commit.sha, commit.commit.message], [two, 'Say two\n\nIn full.']);
  assert.equal(commit.commit.tree.sha, git('rev-parse', `${two}^{tree}`));
  assert.deepEqual(
    commit.parents.map((parent: { sha: string }) => parent.sha),
    [one],
  );
  const { json: tree } = await call('GET', `/git/trees/${two}?recursive=1`);
  assert.deepEqual(
    tree.tree.map((entry: { path: string; type: string }) => [entry.path, entry.type]),
    [['index.html', 'blob']],
  );
  assert.equal((await call('GET', '/git/ref/heads/main')).json.object.sha, two);
  assert.equal((await call('GET', '/git/ref/tags/v1')).json.object.type, 'tag');
  const { json: file } = await call('GET', `/contents/index.html?ref=${one}`);
  assert.equal(Buffer.from(file.content, 'base64').toString(), 'one');
  assert.equal((await call('GET', '/contents/none?ref=main')).status, 404);
});

test('issues come from emulate, with links that lead through the front', async () => {
  const made = await call('POST', '/issues', { title: 'Incident', labels: ['ops-incident'], body: 'x' });
  assert.equal(made.status, 201);
  assert.ok(made.json.url.startsWith(sandbox.description.github.apiUrl), made.json.url);
  const { json } = await call('GET', '/issues?labels=ops-incident&state=open');
  assert.equal(json.length, 1);
  assert.equal((await call('POST', `/issues/${json[0].number}/comments`, { body: 'more' })).status, 201);
});

test('GitHub has a clock of its own', async () => {
  const { headers, json } = await call('POST', '/deployments', { ref: 'main', task: 'clock' });
  const ahead = Date.parse(headers.get('date') ?? '') - Date.now();
  assert.ok(Math.abs(ahead - 3_600_000) < 5_000, String(ahead));
  assert.ok(Date.parse(json.created_at) > Date.now() + 3_500_000);
});

test('Vercel’s Git integration deploys commits of the same repository', async () => {
  const { project } = sandbox.vercel;
  const made = await sandbox.vercel.deployFromGit(project, { sha: commits[1] ?? '', ref: 'main', message: 'Say two' });
  assert.deepEqual([made.target, made.source, made.gitSource?.repoId], ['production', 'git', sandbox.repositoryId]);
  const preview = await sandbox.vercel.deployFromGit(project, { sha: commits[2] ?? '', ref: 'hotfix', pullRequest: 7 });
  assert.equal(preview.gitSource?.prId, 7);
  while (preview.readyState !== 'READY') await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await (await fetch(`http://${preview.url}`)).text(), 'fix');
  assert.equal(preview.environment.VERCEL_GIT_COMMIT_SHA, commits[2]);
});

test('a blob, a tree, a commit and a reference make a branch; one of that name is refused', async () => {
  const made = async (kind: string, body: object, status = 201) => {
    const answer = await call('POST', `/git/${kind}`, body);
    assert.equal(answer.status, status, JSON.stringify(answer.json));
    return answer.json;
  };
  const [base] = commits;
  const { tree } = (await call('GET', `/git/commits/${base}`)).json;
  const blob = await made('blobs', { content: '' });
  const entry = { path: 'a/new.sql', mode: '100644', type: 'blob', sha: blob.sha };
  await made('trees', { base_tree: tree.sha, tree: [{ ...entry, sha: base }] }, 422);
  const added = await made('trees', { base_tree: tree.sha, tree: [entry] });
  const commit = await made('commits', { message: 'Add', tree: added.sha, parents: [base] });
  await made('refs', { ref: 'heads/x', sha: commit.sha }, 422);
  const reference = await made('refs', { ref: 'refs/heads/ops/x', sha: commit.sha });
  assert.deepEqual(reference.object, { sha: commit.sha, type: 'commit' });
  const again = await made('refs', { ref: 'refs/heads/ops/x', sha: commit.sha }, 422);
  assert.equal(again.message, 'Reference already exists');
  assert.equal(git('diff', '--name-status', base ?? '', 'ops/x'), 'A\ta/new.sql');
  assert.equal((await call('GET', '/contents/a/new.sql?ref=ops/x')).json.size, 0);
});
