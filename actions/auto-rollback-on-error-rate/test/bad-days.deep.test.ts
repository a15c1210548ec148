import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import {
  acceptedMoves,
  badDays,
  isDrawn,
  meetThrough,
  proveNamed,
  requestsSoFar,
} from '../../../packages/release/test/bad-days.ts';
import { scene, setStage } from '../../../packages/release/test/crash-stage.ts';
import { hurriedClock } from '../../../packages/release/test/hurried-clock.ts';
import { main } from '../src/main.ts';

// Each request of a watch that finds a breach and takes the release back meets a bad day of GitHub, Vercel or the source.

let source: Server;
const temporary = mkdtempSync(join(tmpdir(), 'bad-days-'));
let bad = '';
let runId = 7_000;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

before(async () => {
  process.on('unhandledRejection', note);
  await setStage();
  source = createServer(({ url = '' }, response) => {
    const { searchParams } = new URL(url, 'http://source');
    const seconds = Number(searchParams.get('until')) - Number(searchParams.get('from'));
    const counts = { requests: 20 * seconds, errors: scene.served() === bad ? 10 * seconds : 0 };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(counts));
  });
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  process.off('unhandledRejection', note);
  source.closeAllConnections();
  source.close();
  await scene.close();
  rmSync(temporary, { recursive: true });
});

function services(): Record<string, string> {
  const { vercel, github } = scene.sandbox.description;
  const counts = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
  return { vercel: vercel.apiUrl, github: github.apiUrl, source: counts };
}

/** Two intervals without a baseline, and a rule that a half of all requests breaks at once; twenty seconds are a half of one. */
async function watch(address: (service: string) => string, log: (line: string) => void): Promise<string> {
  const { vercel, github } = scene.sandbox.description;
  const inputs = {
    environment: `production-${runId}`,
    window: '40s',
    interval: '20s',
    baseline: '0s',
    rules: 'error-rate above 10%: immediately',
    act: 'true',
    mode: 'auto',
    source: 'http-json',
    'source-url': `${address('source')}/counts?from={from}&until={until}`,
    'deployment-id': bad,
    'vercel-api-url': address('vercel'),
    'vercel-token': vercel.token,
    'vercel-project': vercel.projectId,
    'vercel-team': vercel.teamId,
    'github-token': github.token,
  };
  const runner = createRunner({
    environment: {
      GITHUB_API_URL: address('github'),
      GITHUB_REPOSITORY: github.repository,
      GITHUB_REPOSITORY_ID: String(scene.sandbox.repositoryId),
      RUNNER_TEMP: temporary,
      GITHUB_RUN_ID: String(runId),
      GITHUB_SHA: scene.commits.at(-1) ?? '',
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
      ),
    },
    clock: hurriedClock(40),
    // A mask command shows what it hides to the runner, and to nobody else.
    write: (line) => line.startsWith('::add-mask::') || log(line),
  });
  const result = await main(runner);
  log(result.summary);
  assert.notEqual(result.decision, 'pass', `a breached release passed: ${result.summary}`);
  return result.decision;
}

for (const day of badDays) {
  test(`${day.name} at any request of a watch with a breach: taken back once, or named and taken back by the next run`, async () => {
    for (let k = 0; ; k++) {
      if (!isDrawn(day, k)) continue;
      runId += 1;
      const good = await scene.goLive();
      bad = await scene.goLive();
      await (await scene.connect()).project.setAutoAssign(true);
      const since = requestsSoFar();
      const met = await meetThrough(day, k, services(), watch);
      const what = `${day.name}, request ${k} (${met.passage?.service} ${met.passage?.method} ${met.passage?.path})`;
      proveNamed(met, what);
      assert.ok(acceptedMoves('rollback', since) <= 1, `${what}: two accepted rollbacks`);
      if (scene.served() !== good) {
        const named = met.error !== undefined || ['rollback-failed', 'held'].includes(met.decision ?? '');
        assert.ok(named, `${what}: ${met.decision}\n${met.said}`);
        const again = await watch(
          (service) => services()[service] ?? '',
          () => {},
        );
        assert.equal(again, 'rolled-back', what);
      }
      assert.equal(scene.served(), good, `${what}: ${met.decision}\n${met.said}`);
      assert.ok(acceptedMoves('rollback', since) <= 1, `${what}: two accepted rollbacks`);
      assert.deepEqual(unhandled, [], what);
      if (met.requests <= k) return assert.ok(k > 15, `only ${k} requests`);
    }
  });
}
