import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { onServerTime } from '#action-kit/server-time';
import { parseRule } from '#config/rules';
import { aheadOf } from '#http/server-clock';
import { OwnRequests } from '#observe/own-requests';
import { createSource } from '#observe/sources/registry';
import { observeWindow, type WatchOutcome } from '#observe/watch';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { vendorsOf } from '../test/vendors-of.ts';

const minute = 60_000;
/** By the servers' time. */
const promotedAt = 1_700_000_060_000;
const watchedFrom = promotedAt + 3_500;

const names = ['vercel-observability', 'prometheus', 'sentry', 'datadog', 'new-relic', 'supabase-logs'] as const;

/** 300 requests a minute, of which one fails before the promotion and `failing` since. */
function serve({ monitoring, supabase, vercel }: Sandbox, failing: number): void {
  for (let start = promotedAt - 15 * minute; start < promotedAt + 10 * minute; start += minute) {
    const errors = start < promotedAt ? 1 : failing;
    const { id: projectId } = vercel.project;
    monitoring.traffic.add({ at: start + 1_000, status: 200, projectId }, 300 - errors);
    monitoring.traffic.add({ at: start + 2_000, status: 500, projectId }, errors);
    for (let index = 0; index < 300; index += 1) {
      const status = index < errors ? 500 : 200;
      supabase.requests.push({ at: start + index, status, path: '/rest/v1/notes', durationMs: 5 });
    }
  }
}

/** A watch of five minutes on a runner whose clock is so many milliseconds ahead of the servers'. */
async function watch(name: (typeof names)[number], aheadMs: number, failing: number): Promise<WatchOutcome> {
  const servers = new SimulatedClock(watchedFrom);
  const sandbox = await startSandbox({
    postgres: false,
    now: () => servers.now(),
  });
  try {
    sandbox.vercel.behaviour.observabilityPlus = true;
    serve(sandbox, failing);
    const { github, vercel } = sandbox.description;
    const { clock, signal } = await onServerTime(
      createRunner({
        environment: { GITHUB_REPOSITORY: github.repository, GITHUB_API_URL: github.apiUrl },
        clock: aheadOf(servers, aheadMs),
        write: () => {},
      }),
      { githubToken: github.token },
    );
    const { apiUrl, token, teamId: team, projectId: project } = vercel;
    const parts = { vercel: { apiUrl, token, team, project, clock }, rounds: [], own: new OwnRequests(), clock };
    const made = await createSource(name, { ...parts, vendors: vendorsOf(sandbox) });
    return await observeWindow({
      source: { ...made, open: servers.busy(made.open), read: servers.busy(made.read) },
      rules: [parseRule('error-rate above 2% within 5m')],
      windowMs: 5 * minute,
      intervalMs: minute,
      minRequests: 20,
      baselineMs: 10 * minute,
      clock,
      signal,
      log: () => {},
    });
  } finally {
    await sandbox.close();
  }
}

for (const name of names) {
  test(`${name}: a runner five minutes ahead or behind finds a breach in the same bucket, and watches a good release as long`, async () => {
    for (const failing of [30, 1]) {
      const right = await watch(name, 0, failing);
      assert.equal(right.verdict, failing === 30 ? 'fail' : 'pass', right.summary);
      for (const aheadMs of [5 * minute, -5 * minute]) {
        const skewed = await watch(name, aheadMs, failing);
        const what = `${aheadMs}: ${skewed.summary}`;
        assert.deepEqual([skewed.verdict, skewed.reasonCode], [right.verdict, right.reasonCode], what);
        assert.equal(skewed.buckets.length, right.buckets.length, what);
        assert.deepEqual(
          [skewed.baseline.length, skewed.baseline.some(({ errors }) => errors > 1)],
          [right.baseline.length, false],
          what,
        );
        // The Date of an answer counts whole seconds.
        assert.ok(Math.abs(skewed.startedAt - right.startedAt) < 1, what);
        assert.ok(Math.abs(skewed.endedAt - right.endedAt) < 1, what);
        assert.ok(
          skewed.buckets.every(({ start }) => start * 1000 >= promotedAt),
          what,
        );
      }
    }
  });
}
