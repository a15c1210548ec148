import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { main } from '../src/main.ts';

const sha = 'a'.repeat(40);
const pull = (number: number, headSha: string, head: number, base: number) => ({
  number,
  head: { sha: headSha, repo: { id: head } },
  base: { repo: { id: base } },
});

describe('post-plan', () => {
  let workspace: string;
  let address: string;
  let pulls: ReturnType<typeof pull>[];
  let comments: { id: number; body: string; user: { type: string }; pullRequest: number }[];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://github');
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const answer = (value: unknown) => response.end(JSON.stringify(value));
      const number = Number(/issues\/(\d+)\/comments$/.exec(pathname)?.[1]);
      response.setHeader('content-type', 'application/json');
      asked.push(`${request.method} ${pathname}`);
      if (pathname === '/repos/org/app/pulls')
        return answer(searchParams.get('head') === 'stranger:patch-1' ? pulls : []);
      if (request.method === 'GET') return answer(comments.filter((one) => one.pullRequest === number));
      const { body } = JSON.parse(text) as { body: string };
      const id = Number(/comments\/(\d+)$/.exec(pathname)?.[1]);
      const found = comments.find((one) => one.id === id);
      if (found !== undefined) return answer(Object.assign(found, { body }));
      const made = { id: comments.length + 1, body, user: { type: 'Bot' }, pullRequest: number };
      comments.push(made);
      response.statusCode = 201;
      return answer(made);
    });
  });
  before(async () => {
    workspace = await mkdtemp(join(tmpdir(), 'post-plan-'));
    await mkdir(join(workspace, 'migration-plan'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.close();
    await rm(workspace, { recursive: true, force: true });
  });
  beforeEach(async () => {
    pulls = [pull(7, sha, 2, 1)];
    comments = [];
    asked.length = 0;
    await rm(join(workspace, 'migration-plan/plan.md'), { force: true });
    await writeFile(join(workspace, 'migration-plan/plan.md'), '### Migrations\n@team look');
  });

  async function run(more: Record<string, unknown> = {}, inputs: Record<string, string> = {}) {
    const event = join(workspace, 'event.json');
    const ended = {
      ...{ id: 9, event: 'pull_request', head_sha: sha, head_branch: 'patch-1' },
      head_repository: { id: 2, owner: { login: 'stranger' } },
      ...more,
    };
    await writeFile(event, JSON.stringify({ workflow_run: ended, repository: { id: 1 } }));
    const environment = {
      GITHUB_WORKSPACE: workspace,
      GITHUB_EVENT_PATH: event,
      GITHUB_EVENT_NAME: 'workflow_run',
      GITHUB_REPOSITORY: 'org/app',
      GITHUB_API_URL: address,
      'INPUT_GITHUB-TOKEN': 'ghs_test',
      'INPUT_PLAN-FILE': 'migration-plan/plan.md',
      INPUT_NAME: 'migrations',
      ...inputs,
    };
    const { decision, reasonCode, failed } = await main(createRunner({ environment, write: () => {} }));
    return [decision, reasonCode, failed];
  }

  test('one comment in the pull request that GitHub knows, updated by the next run', async () => {
    assert.deepEqual(await run(), ['posted', 'posted', false]);
    assert.deepEqual(await run(), ['updated', 'updated', false]);
    assert.deepEqual(
      comments.map(({ pullRequest, body }) => [pullRequest, /^```text\n### Migrations\n@team look\n```$/m.test(body)]),
      [[7, true]],
    );
  });

  test('nothing is posted where the commit is of no open pull request, of another repository, or of two', async () => {
    pulls = [pull(7, 'b'.repeat(40), 2, 1), pull(8, sha, 3, 1), pull(9, sha, 2, 4)];
    assert.deepEqual(await run(), ['skipped', 'pull_request_not_found', false]);
    pulls = [pull(7, sha, 2, 1), pull(8, sha, 2, 1)];
    assert.deepEqual(await run(), ['skipped', 'pull_request_ambiguous', false]);
    assert.deepEqual(comments, []);
  });

  test('another event is refused, and a run of this repository needs nothing; GitHub is not even asked', async () => {
    assert.deepEqual(await run({ event: 'push' }), ['refused', 'wrong_event', true]);
    assert.deepEqual(await run({ head_repository: { id: 1, owner: { login: 'org' } } }), [
      'skipped',
      'not_a_fork',
      false,
    ]);
    assert.deepEqual(asked, []);
  });

  test('a link, a folder and a file that is too large are refused; none is nothing to show', async () => {
    const file = join(workspace, 'migration-plan/plan.md');
    await writeFile(file, 'x'.repeat(300_000));
    assert.deepEqual(await run(), ['refused', 'bad_artifact', true]);
    await rm(file);
    assert.deepEqual(await run(), ['skipped', 'no_plan', false]);
    await symlink('/etc/passwd', file);
    assert.deepEqual(await run(), ['refused', 'bad_artifact', true]);
    await rm(file);
    await mkdir(file);
    assert.deepEqual(await run(), ['refused', 'bad_artifact', true]);
    await rm(file, { recursive: true });
    assert.deepEqual(comments, []);
  });

  test('the plan of an earlier commit does not stay where this commit has left none', async () => {
    assert.deepEqual(await run(), ['posted', 'posted', false]);
    const file = join(workspace, 'migration-plan/plan.md');
    await writeFile(file, 'x'.repeat(300_000));
    assert.deepEqual(await run(), ['refused', 'bad_artifact', true]);
    assert.match(
      comments[0]?.body ?? '',
      new RegExp(`No plan of ${sha}: what the run of the fork has left is no plain`),
    );
    await writeFile(file, 'again');
    assert.deepEqual(await run(), ['updated', 'updated', false]);
    await rm(file);
    assert.deepEqual(await run(), ['updated', 'no_plan', false]);
    assert.match(comments[0]?.body ?? '', /left no plan[\s\S]*was of an earlier commit/);
    assert.doesNotMatch(comments[0]?.body ?? '', /again|```/);
    assert.equal(comments.length, 1);
  });

  test('a file of another job that lies there is not read where nothing was fetched', async () => {
    for (const outcome of ['failure', 'skipped', 'cancelled'])
      assert.deepEqual(await run({}, { 'INPUT_FETCH-OUTCOME': outcome }), ['skipped', 'no_plan', false]);
    assert.deepEqual(comments, []);
    assert.deepEqual(await run({}, { 'INPUT_PLAN-FILE': join(workspace, 'migration-plan/plan.md') }), [
      'posted',
      'posted',
      false,
    ]);
  });

  test('the run of a fork that is gone is nobody’s pull request, and no red run', async () => {
    assert.deepEqual(await run({ head_repository: null }), ['skipped', 'fork_deleted', false]);
    assert.deepEqual(asked, []);
  });
});
