import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock } from '#http/clock';
import { aheadOf } from '#http/server-clock';
import { createRunner } from './runner.ts';
import { onServerTime } from './server-time.ts';

const minute = 60_000;
let server: Server;
let address: string;
const asked: { method: string | undefined; authorization: string | undefined }[] = [];
before(async () => {
  server = createServer((request, response) => {
    asked.push({ method: request.method, authorization: request.headers.authorization });
    response.writeHead(404, { date: new Date().toUTCString() }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function start(aheadMs: number, apiUrl = address) {
  const lines: string[] = [];
  const runner = createRunner({
    environment: { GITHUB_REPOSITORY: 'acme/web', GITHUB_API_URL: apiUrl },
    clock: aheadOf(systemClock, aheadMs),
    write: (line) => void lines.push(line),
  });
  return { runner, lines };
}

for (const [name, aheadMs, says] of [
  ['ahead', 5 * minute, /::warning::.*30[01] s ahead of GitHub: all times are those of GitHub/],
  ['behind', -5 * minute, /::warning::.*(300|299) s behind GitHub/],
] as const) {
  test(`a runner five minutes ${name} goes by GitHub's time, asked without its token whatever the status, and says so`, async () => {
    const { runner, lines } = start(aheadMs);
    const { clock } = await onServerTime(runner, { githubToken: 'github-token-1' });
    assert.ok(Math.abs(clock.now() - Date.now()) < 2_000);
    assert.match(lines.join('\n'), says);
    assert.deepEqual(asked.at(-1), { method: 'HEAD', authorization: undefined });
  });
}

test('a right clock stays as it is, and nobody is asked where nobody is spoken to', async () => {
  const { runner, lines } = start(0);
  assert.equal(await onServerTime(runner, { githubToken: 'github-token-1' }), runner);
  const before = asked.length;
  assert.equal(await onServerTime(runner, {}), runner);
  assert.deepEqual([lines, asked.length], [[], before]);
});

test('where GitHub does not answer Vercel tells the time, and without both the own clock stays', async () => {
  const { runner } = start(5 * minute, 'http://127.0.0.1:9');
  const both = { githubToken: 'github-token-1', vercelToken: 'vercel-token-1', vercelApiUrl: address };
  const { clock } = await onServerTime(runner, both);
  assert.ok(Math.abs(clock.now() - Date.now()) < 2_000);
  const alone = start(5 * minute, 'http://127.0.0.1:9');
  assert.equal(await onServerTime(alone.runner, { githubToken: 'github-token-1' }), alone.runner);
  assert.match(alone.lines.join(), /No server told the time: the clock of this runner is used/);
});
