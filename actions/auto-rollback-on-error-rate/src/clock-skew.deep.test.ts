import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { systemClock } from '#http/clock';
import { aheadOf } from '#http/server-clock';
import { deployFiles, type ToldDeployment } from '#sandbox/deploy-files';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { main } from './main.ts';

const minute = 60_000;
let sandbox: Sandbox;
const temporary = mkdtempSync(join(tmpdir(), 'skewed-watch-'));
const deployed = new Map<boolean, ToldDeployment>();

before(async () => {
  sandbox = await startSandbox({ postgres: false, vercel: { readyDelayMs: 4, aliasDelayMs: 4 } });
  for (const failing of [true, false]) {
    const status = failing ? '++count % 3 === 0 ? 500 : 200' : '200';
    const notes = `let count = 0; export const GET = () => new Response('', { status: ${status} });`;
    const files = { 'package.json': '{"type":"module"}', 'index.html': '<h1>home</h1>', 'api/notes.js': notes };
    deployed.set(failing, await deployFiles(sandbox, files, { target: 'production' }));
  }
});
after(async () => {
  await sandbox.close();
  rmSync(temporary, { recursive: true });
});

for (const [name, aheadMs] of [
  ['ahead', 5 * minute],
  ['behind', -5 * minute],
] as const) {
  for (const failing of [true, false]) {
    test(`runtime logs on a runner five minutes ${name}: ${failing ? 'a breach is seen' : 'a good release is watched as long as stated'}`, async () => {
      const { vercel, github } = sandbox.description;
      const deployment = deployed.get(failing);
      assert.ok(deployment);
      const inputs = {
        environment: 'production',
        window: '4s',
        interval: '1s',
        rules: failing ? 'error-rate above 10%: immediately' : 'error-rate above 10%',
        act: 'false',
        source: 'vercel-runtime-logs',
        'deployment-id': deployment.id,
        'vercel-api-url': vercel.apiUrl,
        'vercel-token': vercel.token,
        'vercel-project': vercel.projectId,
        'vercel-team': vercel.teamId,
        'github-token': github.token,
      };
      const values = Object.entries(inputs).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value]);
      const runner = createRunner({
        environment: {
          GITHUB_API_URL: github.apiUrl,
          GITHUB_REPOSITORY: github.repository,
          RUNNER_TEMP: temporary,
          ...Object.fromEntries(values),
        },
        clock: aheadOf(systemClock, aheadMs),
        write: () => {},
      });
      const address = deployment.url.startsWith('http') ? deployment.url : `http://${deployment.url}`;
      const users = setInterval(() => void fetch(`${address}/api/notes`).catch(() => {}), 20);
      const startedAt = Date.now();
      const result = await main(runner).finally(() => clearInterval(users));
      const details = result.details as { startedAt: number; endedAt: number; buckets: { start: number }[] };
      assert.equal(result.decision, failing ? 'would-roll-back' : 'pass', result.summary);
      assert.ok(details.startedAt * 1000 > startedAt - 1_000 && details.endedAt * 1000 < Date.now() + 1_000);
      if (!failing) assert.ok(details.endedAt - details.startedAt > 3.9, JSON.stringify(details));
      assert.ok(details.buckets.every(({ start }) => start >= details.startedAt));
    });
  }
}
