import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type ApiObject, openDataApi } from './data-api.ts';

/** What is known of these objects where this answers, or the reason why nobody knows. */
async function look(answer: RequestListener, objects: readonly ApiObject[]): Promise<string[]> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = { now: () => 0, sleep: async () => {} };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await openDataApi({ url, key: 'sb_secret_x', clock }).look(objects);
  } catch (error) {
    return [(error as { reasonCode: string }).reasonCode];
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const greet = { schema: 'public', routine: 'greet', parameters: ['name'] };

for (const [what, status, body, headers, expected] of [
  ['the key of another project', 401, { message: 'Invalid API key' }, {}, 'data_api_key_rejected'],
  ['a key without rights', 403, {}, {}, 'data_api_key_rejected'],
  ['a cache that is not there yet', 503, { code: 'PGRST002' }, {}, 'unknown'],
  ['an API that is away', 503, {}, {}, 'unknown'],
  ['a page of something else', 404, {}, {}, 'data_api_bad_answer'],
  ['a function that is not in the cache', 404, { code: 'PGRST202' }, {}, 'unknown'],
  ['several functions of these arguments', 300, { code: 'PGRST203' }, {}, 'known'],
  ['the function', 200, {}, { allow: 'OPTIONS,GET,HEAD,POST' }, 'known'],
  ['a gateway that answers OPTIONS itself', 204, undefined, {}, 'unsaid'],
] as const) {
  test(`a release of functions alone, asked about with ${what}: ${expected}`, async () => {
    const found = await look(
      (_, response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body === undefined ? undefined : JSON.stringify(body));
      },
      [greet],
    );
    assert.deepEqual(found, [expected]);
  });
}

test('a function with an argument that PostgREST reads as something else cannot be asked for', async () => {
  const asked: string[] = [];
  const functions = ['limit', 'or', 'on_conflict', 'a.b', 'limits'].map((name) => ({ ...greet, parameters: [name] }));
  const found = await look(({ url }, response) => {
    asked.push(url ?? '');
    response.setHeader('allow', 'OPTIONS,POST');
    response.end();
  }, functions);
  assert.deepEqual(found, ['unsaid', 'unsaid', 'unsaid', 'unsaid', 'known']);
  assert.deepEqual(asked, ['/rest/v1/rpc/greet?limits=0']);
});

test('a cache that is read again between two answers is no missing right: the description is asked once more', async () => {
  let described = 0;
  const objects = ['mood', 'late'].map((column) => ({ schema: 'public', relation: 'notes', column }));
  const known = await look(({ url }, response) => {
    const root = new URL(url ?? '/', 'http://api').pathname === '/rest/v1/';
    if (root) described += 1;
    const notes = { properties: { id: {}, mood: {} } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(root ? { definitions: described === 1 ? {} : { notes } } : []));
  }, objects);
  assert.deepEqual([known, described], [['known', 'unknown'], 2]);
});
