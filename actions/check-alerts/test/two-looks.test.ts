import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { systemClock } from '#http/clock';
import { judgeAlert } from '#observe/alerts/judge-alert';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { restingMachine } from '#sandbox/supabase/metrics-routes';
import { type Given, planCheck } from '../src/plan-check.ts';
import { readFacts } from '../src/read-facts.ts';

describe('alerts about the machine of a Supabase project (MET-11)', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
    sandbox.supabase.metrics.machine = { ...restingMachine, cpu: 0.81, memory: 0.86 };
  });
  after(() => sandbox?.close());

  /** One run: how each alert stands, and for how long it waited between its looks. */
  async function run(...alerts: { when: string }[]): Promise<{ said: string[]; waited: number[] }> {
    const { apiUrl, token, project } = sandbox.description.supabase;
    const waited: number[] = [];
    const clock = {
      now: () => Date.now(),
      // Nobody waits a minute here; deadlines of requests are shorter.
      sleep: async (ms: number, signal?: AbortSignal) =>
        ms > 60_000 ? void waited.push(ms) : await systemClock.sleep(ms, signal),
    };
    const runner = {
      ...{ clock, signal: new AbortController().signal, context: { sha: 'c0ffee' } },
      ...{ logger: { info: () => {}, debug: () => {} } },
      environment: (name: string) => (name === 'OPS_ACTIONS_SUPABASE_API_URL' ? apiUrl : undefined),
    } as unknown as Runner;
    const settings = {
      ...{ environment: 'production', production: true, vercel: {}, database: {}, health: {}, smoke: {}, release: {} },
      ...{ slack: {}, watch: { source: ['probe'] }, observe: { supabaseMetrics: { project } }, alerts },
    } as unknown as EnvironmentSettings;
    const given = { supabaseAccessToken: token, window: 900_000 } as unknown as Given;
    const plan = planCheck(given, settings);
    const before = { uptime: { days: [], failedInRow: 0 }, openings: { open: [], at: [] } };
    const facts = await readFacts(runner, given, settings, plan, before);
    return { said: plan.alerts.map((alert) => judgeAlert(alert, facts).said), waited };
  }

  test('a limit of the CPU waits for a second look, and 81 % is above 80 %', async () => {
    const { said, waited } = await run({ when: 'database-cpu above 80%' });
    assert.deepEqual(said, ['database-cpu 81.0 % is above the limit of 80.0 %']);
    assert.deepEqual(waited, [65_000]);
  });

  test('without one a run does not wait: 86 % of the memory is above 85 % at the first look', async () => {
    const { said, waited } = await run({ when: 'memory above 85%' });
    assert.deepEqual(said, ['memory 86.0 % is above the limit of 85.0 %']);
    assert.deepEqual(waited, []);
  });

  test('where the platform tells nothing, silence is told and nothing is fine', async () => {
    delete sandbox.supabase.metrics.machine;
    const { said } = await run({ when: 'memory above 85%' });
    assert.match(said[0] ?? '', /the plan of the organization has none/);
  });
});
