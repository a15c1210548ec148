import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createGitHub, GitHubError } from './client.ts';

interface Seen {
  method: string;
  url: string;
  body: unknown;
  authorization: string | undefined;
}

const seen: Seen[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
const server = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      body: text === '' ? undefined : JSON.parse(text),
      authorization: request.headers.authorization,
    });
    answer(request, response);
  });
});
let github: ReturnType<typeof createGitHub>;

/** One artifact as GitHub lists it. */
const artifact = (id: number, expired = false) => ({
  ...{ id, name: `a-${id}`, size_in_bytes: 9, expired },
  expires_at: '2027-01-01T00:00:00Z',
  workflow_run: { id: 70 + id },
});

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const apiUrl = `http://127.0.0.1:${port}`;
  github = createGitHub({ apiUrl, token: 'ghs_canary', repository: 'acme/notes', attempts: 1 });
});
after(() => server.close());

function json(status: number, body: unknown, headers: Record<string, string> = {}): void {
  answer = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

const deployment = {
  id: 7,
  ref: 'v1',
  sha: 'a'.repeat(40),
  task: 'ops-actions',
  environment: 'production',
  payload: { key: 'k' },
  description: null,
  created_at: '2026-01-24T10:30:00Z',
  creator: { login: 'octocat' },
};

describe('createGitHub', () => {
  test('a deployment is never merged and waits for no context (trap 42)', async () => {
    json(201, deployment);
    const created = await github.createDeployment({
      ref: 'v1',
      task: 'ops-actions',
      environment: 'production',
      payload: { key: 'k' },
      description: 'x',
      production: true,
    });
    assert.equal(created.createdAt, Date.parse('2026-01-24T10:30:00Z'));
    assert.equal(created.creator, 'octocat');
    const request = seen.at(-1);
    assert.equal(request?.authorization, 'Bearer ghs_canary');
    assert.equal(request?.url, '/repos/acme/notes/deployments');
    const body = request?.body as Record<string, unknown>;
    assert.deepEqual([body.auto_merge, body.required_contexts], [false, []]);
  });

  test('the time is the server’s', async () => {
    json(200, [], { date: 'Sat, 24 Jan 2026 10:30:00 GMT' });
    await github.listDeployments({ environment: 'production' });
    assert.ok(Math.abs(github.serverTime() - Date.parse('2026-01-24T10:30:00Z')) < 2000);
  });

  test('statuses come oldest first', async () => {
    json(200, [
      { id: 2, state: 'success', description: 'b', created_at: '2026-01-24T10:31:00Z' },
      { id: 1, state: 'in_progress', description: null, created_at: '2026-01-24T10:30:00Z' },
    ]);
    const statuses = await github.listStatuses(7);
    assert.deepEqual(
      statuses.map((status) => [status.id, status.description]),
      [
        [1, ''],
        [2, 'b'],
      ],
    );
  });

  test('the role of a person is the newer field: the older one counts maintain as write', async () => {
    json(200, { permission: 'write', role_name: 'maintain', user: { login: 'alice' } });
    assert.equal(await github.roleOf('alice'), 'maintain');
    json(200, { permission: 'admin', role_name: 'release-captain', user: { login: 'bob' } });
    assert.equal(await github.roleOf('bob'), 'admin');
    json(404, { message: 'Not Found' });
    assert.equal(await github.roleOf('nobody'), 'none');
  });

  const failures: { status: number; headers?: Record<string, string>; reason: string; says: RegExp }[] = [
    { status: 401, reason: 'github_unauthorized', says: /token/ },
    { status: 403, reason: 'github_forbidden', says: /permissions: \{ contents: read \}/ },
    { status: 403, headers: { 'x-ratelimit-remaining': '0' }, reason: 'github_rate_limited', says: /rate limit/ },
    { status: 429, reason: 'github_rate_limited', says: /rate limit/ },
    { status: 404, reason: 'github_not_found', says: /repository/ },
    { status: 422, reason: 'github_refused', says: /422/ },
    { status: 500, reason: 'github_unreachable', says: /HTTP 500.*run this again/ },
  ];
  for (const { status, headers, reason, says } of failures) {
    test(`HTTP ${status}${headers === undefined ? '' : ' with an empty quota'} is ${reason}`, async () => {
      json(status, { message: 'no <b>' }, headers);
      await assert.rejects(github.commit('main'), (error) => {
        assert.ok(error instanceof GitHubError);
        assert.equal(error.reasonCode, reason);
        assert.match(error.message, says);
        assert.match(error.message, /no <b>/);
        assert.doesNotMatch(error.message, /ghs_canary/);
        return true;
      });
    });
  }

  test('an answer that is not GitHub’s is github_unreachable, and may have had an effect', async () => {
    json(200, { hello: 'proxy' });
    await assert.rejects(github.listDeployments({}), (error) => {
      assert.ok(error instanceof GitHubError);
      assert.deepEqual([error.reasonCode, error.maybeSent], ['github_unreachable', true]);
      assert.match(error.message, /answered 200 with something that is not understood: .*expected array/);
      return true;
    });
  });

  test('without a token nothing is asked, and that is what is said', async () => {
    const none = createGitHub({ apiUrl: 'http://127.0.0.1:1', token: '', repository: 'acme/notes' });
    await assert.rejects(none.listDeployments({}), (error) => {
      assert.ok(error instanceof GitHubError);
      assert.deepEqual([error.reasonCode, error.maybeSent], ['github_unauthorized', false]);
      assert.match(error.message, /no token is given/);
      return true;
    });
  });

  test('no connection is github_unreachable and was not sent', async () => {
    const closed = createGitHub({ apiUrl: 'http://127.0.0.1:9', token: 't0ken', repository: 'a/b', attempts: 1 });
    await assert.rejects(closed.commit('main'), { reasonCode: 'github_unreachable', maybeSent: false });
  });
});

test('artifacts of all runs are listed page by page, without those that have expired', async () => {
  const first = Array.from({ length: 100 }, (_, index) => artifact(index, index % 2 === 1));
  answer = ({ url = '' }, response) => {
    const page = new URL(url, 'http://x').searchParams.get('page');
    response.end(JSON.stringify({ total_count: 101, artifacts: page === '1' ? first : [artifact(100)] }));
  };
  const found = await github.listArtifacts();
  assert.equal(found.length, 51);
  const expiresAt = Date.parse('2027-01-01T00:00:00Z');
  assert.deepEqual(found.at(-1), { id: 100, name: 'a-100', bytes: 9, expired: false, expiresAt, runId: 170 });
});
