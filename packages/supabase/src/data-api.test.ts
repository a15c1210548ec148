import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openDataApi } from './data-api.ts';

test('a cache that is read again between two answers is no missing right: the description is asked once more', async () => {
  let described = 0;
  const server = createServer(({ url }, response) => {
    const root = new URL(url ?? '/', 'http://api').pathname === '/rest/v1/';
    if (root) described += 1;
    const notes = { properties: { id: {}, mood: {} } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(root ? { definitions: described === 1 ? {} : { notes } } : []));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = openDataApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'sb_secret_x' });
  const known = await api.look([
    { schema: 'public', relation: 'notes', column: 'mood' },
    { schema: 'public', relation: 'notes', column: 'late' },
  ]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual([known, described], [['known', 'unknown'], 2]);
});
