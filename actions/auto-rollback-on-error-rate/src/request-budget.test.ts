import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { createGitHub } from '#github/client';
import { OwnRequests } from '#observe/own-requests';
import { createSource } from '#observe/sources/registry';
import { createSources } from '#observe/sources/sources-of-apps';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { heldBytes, watchQuarterHour } from '../test/measured-watch.ts';
import { vendorsOf } from '../test/vendors-of.ts';

const minute = 60_000;
const start = 1_700_000_040_000;
/** 300 requests a minute, one of them failed, from half an hour before the watch to its end. */
function serve({ monitoring, supabase, description }: Sandbox): void {
  const { projectId } = description.vercel;
  for (let at = start - 35 * minute; at < start + 20 * minute; at += minute) {
    monitoring.traffic.add({ at: at + 1_000, status: 200, projectId }, 299);
    monitoring.traffic.add({ at: at + 2_000, status: 500, projectId });
    const request = { path: '/rest/v1/notes', durationMs: 5 };
    for (let index = 0; index < 300; index += 1)
      supabase.requests.push({ at: at + index, status: index === 0 ? 500 : 200, ...request });
  }
}

const choices = [
  ...(['prometheus', 'sentry', 'datadog', 'new-relic', 'supabase-logs'] as const).map((name) => [name] as const),
  ['datadog', 'sentry'] as const,
];
for (const names of choices) {
  test(`15 minutes at 60 s with ${names.join(' and, in its place, ')}: at most 40 requests to source, lock and ledger, and under 100 MB of heap`, async () => {
    const clock = new SimulatedClock(start);
    const sandbox = await startSandbox({ postgres: false, now: () => clock.now() });
    try {
      serve(sandbox);
      const parts = { vendors: vendorsOf(sandbox), rounds: [], own: new OwnRequests(), clock };
      const sources = await Promise.all(names.map(async (name) => await createSource(name, parts)));
      const github = createGitHub(sandbox.description.github);
      const outcome = await watchQuarterHour({ sources, github, clock });
      assert.deepEqual(
        [outcome.verdict, outcome.buckets.length, outcome.effectiveIntervalSeconds],
        ['pass', 15, 60],
        outcome.summary,
      );
      const asked = sandbox.requests();
      const lock = asked.filter(({ service }) => service === 'github').length;
      assert.ok(asked.length - lock >= 16 && lock >= 15, `${asked.length} requests, ${lock} of them for the lock`);
      assert.ok(asked.length <= 40, `${asked.length} requests`);
      const held = heldBytes();
      assert.ok(held < 100_000_000, `${held} bytes held`);
    } finally {
      await sandbox.close();
    }
  });
}

test('15 minutes at 60 s with vercel-observability and, for a rule about LCP, vercel-metrics: at most 40 requests, the lock among them', async () => {
  const clock = new SimulatedClock(start);
  const sandbox = await startSandbox({ postgres: false, now: () => clock.now() });
  try {
    serve(sandbox);
    const numbers = { 'vercel.speed_insights.lcp_ms': 2_000, 'vercel.speed_insights.lcp_count': 120 };
    Object.assign(sandbox.vercel.behaviour, { observabilityPlus: true, numbers });
    const { apiUrl: vercelUrl, token: vercelToken, teamId: team, projectId: project } = sandbox.description.vercel;
    const vercel = { apiUrl: vercelUrl, token: vercelToken, team, project, clock };
    const rules = ['error-rate above 2% within 15m', 'lcp above 4s'];
    const plan = { sources: ['vercel-observability', 'vercel-metrics'] as const, rules: rules.map(parseRule) };
    const sources = await createSources(plan, { vercel, rounds: [], own: new OwnRequests(), clock }, []);
    const github = createGitHub(sandbox.description.github);
    const outcome = await watchQuarterHour({ sources, github, clock, rules });
    assert.deepEqual([outcome.verdict, outcome.buckets.length], ['pass', 15], outcome.summary);
    const asked = sandbox.requests();
    const lock = asked.filter(({ service }) => service === 'github').length;
    const readings = outcome.readings.map(({ metric, about }) => [metric, about]);
    assert.deepEqual(readings, [['lcp', 'at least 120 visits']]);
    assert.ok(lock >= 15, `${lock} requests for the lock`);
    assert.ok(asked.length <= 40, `${asked.length} requests, ${lock} of them for the lock`);
  } finally {
    await sandbox.close();
  }
});
