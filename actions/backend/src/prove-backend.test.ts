import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, systemClock } from '#http/clock';
import { proveBackend } from './prove-backend.ts';

const subject = { environment: 'production', version: 'v1.0.0' };

/** Waits between questions take no time; the deadline of a request is real. */
function quickClock(): Clock {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    async sleep(ms, signal) {
      if (ms > 5_000) return await systemClock.sleep(ms, signal);
      skipped += ms;
      await turn();
    },
  };
}

/** Asks with a clock of its own; the status command answers as given, the last answer for ever. */
async function prove(given: { statuses?: boolean[]; path?: string; baseUrl?: string; url?: string }) {
  const { statuses = [], path, baseUrl, url } = given;
  let asked = 0;
  const problem = await proveBackend(
    {
      backend: {
        ...(statuses.length === 0 ? {} : { status: 'status' }),
        ...(path === undefined ? {} : { checks: [{ path }] }),
        ...(url === undefined ? {} : { url }),
      },
      baseUrl,
      subject,
    },
    {
      run: async () => {
        const ok = statuses[Math.min(asked++, statuses.length - 1)] === true;
        return ok ? { ok, seconds: 0 } : { ok: false, reasonCode: 'x', message: '"status" ended with exit code 1' };
      },
      clock: quickClock(),
      signal: new AbortController().signal,
      deadlineMs: 60_000,
      log: () => {},
    },
  );
  return { problem, asked };
}

test('the status command is asked until it says that the version runs, or the deadline is over', async () => {
  assert.deepEqual(await prove({ statuses: [false, false, true] }), { problem: undefined, asked: 3 });
  const never = await prove({ statuses: [false] });
  assert.match(never.problem ?? '', /does not say that v1\.0\.0 runs: "status" ended with exit code 1/);
  assert.ok(never.asked >= 10 && never.asked <= 13, `${never.asked}`);
});

test('nothing configured proves nothing and stops nothing', async () => {
  assert.deepEqual(await prove({}), { problem: undefined, asked: 0 });
});

test('checks pass in a row or name what is wrong; a private address counts only where the workflow file names it', async () => {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/api/health' ? 200 : 503).end('{}');
  }).listen(0, '127.0.0.1');
  const local = `http://127.0.0.1:${await portOf(server)}/api`;
  try {
    assert.equal((await prove({ path: '/health', baseUrl: local })).problem, undefined);
    assert.match((await prove({ path: '/gone', baseUrl: local })).problem ?? '', /503/);
    assert.ok((await prove({ path: '/health', url: local })).problem !== undefined);
  } finally {
    server.close();
  }
});

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}
