import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { WatchOutcome } from '#observe/watch';
import type { ReleaseHandle } from '#release/release-handle';
import { LocalVercel } from '../../../packages/vercel/test/local-vercel.ts';
import { keeperOf } from './kept-previous.ts';
import { type Given, planWatch } from './plan-watch.ts';
import { runWatch } from './run-watch.ts';

const settings = {
  environment: 'production',
  production: true,
  vercel: {},
  database: {},
  health: {},
  smoke: {},
  watch: { source: ['probe'] },
  release: { keepPreviousMs: 900_000 },
  slack: { channel: 'C1' },
} as unknown as EnvironmentSettings;

const handle = {
  key: '1:production:2',
  environment: 'production',
  ledgerId: 7,
  rollbackTarget: { deploymentId: 'dpl_old', version: 'v1.0.0', adopted: false },
  slack: { channel: 'C1', ts: '1.1' },
} as unknown as ReleaseHandle;

test('a verdict waits neither for GitHub nor for Slack where the deployment before has just gone cold', async () => {
  const vercel = await LocalVercel.start();
  const sick = createServer((_, response) => void response.writeHead(503).end());
  const asked = new Set<string>();
  const hanging = Promise.withResolvers<void>();
  // Takes every request and answers none.
  const silent = createServer((request) => {
    if (request.url?.includes('/statuses')) asked.add('GitHub');
    if (request.url?.includes('chat.postMessage')) asked.add('Slack');
    if (asked.size === 2) hanging.resolve();
  });
  for (const server of [sick, silent]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const addressOf = (server: typeof sick) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    vercel.add({ id: 'dpl_old', readyState: 'READY', url: new URL(addressOf(sick)).host });
    const lines: string[] = [];
    const runner = createRunner({
      environment: { GITHUB_REPOSITORY: 'acme/notes', GITHUB_API_URL: addressOf(silent) },
      write: (line) => void lines.push(line),
    });
    const given = {
      githubToken: 'github-token-1',
      slackBotToken: 'xoxb-token-1',
      slackApiUrl: `${addressOf(silent)}/`,
      baseline: 1_800_000,
      baseUrl: addressOf(sick),
      interval: 50,
      window: 60_000,
    } as unknown as Given;
    const { signal, clock } = runner;
    const connection = vercel.connection({ signal, clock });
    const plan = planWatch(given, settings);
    const keeper = await keeperOf(runner, given, settings, { handle, connection, intervalMs: plan.intervalMs });
    assert.ok(keeper);
    const about = { plan, settings, connection, deploymentId: 'dpl_new', key: handle.key, commit: '', keeper };
    let decidedAt = 0;
    const seen = await runWatch(runner, given, about, async () => {
      await hanging.promise;
      decidedAt = clock.now();
      return { outcome: { verdict: 'fail' } as WatchOutcome };
    });
    const waitedMs = clock.now() - decidedAt;
    assert.ok(waitedMs < 5_000, `${waitedMs} ms`);
    assert.equal(seen.previous?.state, 'cold');
    assert.match(lines.join('\n'), /v1\.0\.0 \(dpl_old\), does not answer at its own address/);
    assert.doesNotMatch(lines.join('\n'), /could not be told|was not told/);
  } finally {
    for (const server of [sick, silent]) {
      server.closeAllConnections();
      server.close();
    }
    await vercel.close();
  }
});
