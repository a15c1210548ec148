import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Result } from '#action-kit/result';
import { createRunner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { withWindows } from './measure-windows.ts';
import type { Given } from './plan-watch.ts';

test('a verdict outlives windows that cannot be read; without one the run says that it failed', async () => {
  const refusing = createServer((_, response) => void response.writeHead(403).end('{"message":"no"}'));
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  try {
    const address = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const lines: string[] = [];
    const runner = createRunner({
      environment: { GITHUB_REPOSITORY: 'acme/notes', GITHUB_API_URL: address },
      write: (line) => void lines.push(line),
    });
    const given = { githubToken: 'github-token-1', vercelToken: 'vercel-token-1', vercelProject: 'prj_1' } as Given;
    const settings = {
      environment: 'production',
      production: true,
      vercel: {},
      afterRelease: { windows: [] },
    } as unknown as EnvironmentSettings;
    const passed: Result = { decision: 'pass', reasonCode: 'below_limit', summary: 'fine', failed: false };
    assert.equal(await withWindows(runner, { ...given, vercelApiUrl: address }, settings, passed), passed);
    assert.match(
      lines.join('\n'),
      /::warning::The windows after the release could not be read, the next run asks again: the token may not list/,
    );
    const nothing: Result = { ...passed, decision: 'nothing-open' };
    await assert.rejects(withWindows(runner, { ...given, vercelApiUrl: address }, settings, nothing), /may not list/);
  } finally {
    refusing.closeAllConnections();
    refusing.close();
  }
});
