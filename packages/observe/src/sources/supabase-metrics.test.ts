import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { restingMachine } from '#sandbox/supabase/metrics-routes';
import { describeSource } from '../../test/source-contract.ts';
import { judgeAlert } from '../alerts/judge-alert.ts';
import { planAlerts } from '../alerts/plan-alerts.ts';
import { judgeRule } from '../judge/judge.ts';
import type { Reading } from '../reading.ts';
import { type SupabaseMetricsSource, supabaseMetrics } from './supabase-metrics.ts';

// Waits between attempts are those of the client; here nobody waits for them.
const impatient = { now: () => Date.now(), sleep: async () => {} };
const route = '/v1/projects/:ref/analytics/endpoints/metrics';

const of = (sandbox: Sandbox, more: Partial<SupabaseMetricsSource> = {}) => {
  const { apiUrl: url, token, project } = sandbox.description.supabase;
  return supabaseMetrics({ url, token, project, clock: impatient, ...more });
};
const withToken = (called: string, token: string, reason: string, says: RegExp) => ({
  ...{ called, reason, says },
  make: (sandbox: Sandbox) => of(sandbox, { token }),
});

describeSource({
  name: 'supabase-metrics',
  make: (sandbox) => of(sandbox),
  secret: (sandbox) => sandbox.description.supabase.token,
  asks: { service: 'supabase', route },
  tells: {
    tell(sandbox) {
      sandbox.supabase.metrics.machine = { ...restingMachine, cpu: 0.81, connections: 48, replicationLagSeconds: 2.5 };
    },
    expected: [
      ['database-cpu', 0.81],
      ['memory', 0.4],
      ['database-disk', 0.3],
      ['database-pool', 0.8],
      ['replication-lag', 2_500],
      ['storage-mb', 512],
    ],
    nothing(sandbox) {
      delete sandbox.supabase.metrics.machine;
    },
    unitMistake: { not: 'the platform tells bytes, seconds and counts; shares are computed from them here' },
    stale: { not: 'the text has no times; a second look within the same minute tells no CPU, below' },
  },
  wrongCredentials: [
    withToken(
      'the anon key of the project',
      'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln',
      'wrong_credential',
      /anon and service_role/,
    ),
    withToken(
      'the secret key of the project',
      'sb_secret_0000',
      'wrong_credential',
      /supabase-access-token is not that of an account/,
    ),
    withToken('an access token that is not known', 'sbp_0000', 'supabase_token_rejected', /account\/tokens/),
  ],
  wrongSite: {
    called: 'a project of somebody else',
    make: (sandbox) => of(sandbox, { project: 'a'.repeat(20) }),
    reason: 'supabase_not_found',
    says: /supabase-project/,
  },
  notANumber: { not: 'a gauge that is NaN is left out, as one that is not measured (read-metrics.test.ts)' },
});

describe('source supabase-metrics', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
  });
  after(() => sandbox?.close());
  beforeEach(() => {
    sandbox.faults.clear();
    sandbox.supabase.metrics.machine = { ...restingMachine };
  });

  const open = async () => {
    const source = of(sandbox);
    await source.open();
    return source;
  };
  const read = async (): Promise<Reading[]> => (await (await open()).readings?.(0, Date.now())) ?? [];
  const valuesOf = (readings: readonly Reading[]) =>
    Object.fromEntries(readings.map(({ metric, value }) => [metric, Number(value.toFixed(6))]));

  test('CPU, memory, disk, connections, replication lag and storage, each as its own number (MET-04)', async () => {
    Object.assign(sandbox.supabase.metrics.machine ?? {}, {
      cpu: 0.81,
      memory: 0.86,
      disk: 0.7,
      connections: 49,
      replicationLagSeconds: 2.5,
      storageMegabytes: 8_000,
    });
    const readings = await read();
    assert.deepEqual(valuesOf(readings), {
      'database-cpu': 0.81,
      memory: 0.86,
      'database-disk': 0.7,
      'database-pool': 0.816667,
      'replication-lag': 2_500,
      'storage-mb': 8_000,
    });
    assert.equal(readings.find(({ metric }) => metric === 'database-pool')?.about, '49 of 60 connections');
  });

  test('a second look within the same minute tells no CPU, and everything else', async () => {
    Object.assign(sandbox.supabase.metrics.machine ?? {}, { minutesBetweenLooks: 0 });
    const metrics = (await read()).map(({ metric }) => metric);
    assert.ok(!metrics.includes('database-cpu') && metrics.includes('memory'));
  });

  test('49 of 60 connections warn, 58 are critical, and a rule of a watch needs two readings in a row', async () => {
    const machine = sandbox.supabase.metrics.machine ?? assert.fail();
    const { alerts } = planAlerts([
      { when: 'database-pool above 80%', level: 'P3' },
      { when: 'database-pool above 95%', level: 'P1' },
    ]);
    const [alert] = alerts;
    const levels: (string | undefined)[] = [];
    for (const connections of [48, 49, 58]) {
      machine.connections = connections;
      const facts = { windows: [], readings: await read(), blind: '', unread: '', combine: 'primary', minRequests: 30 };
      const finding = judgeAlert(alert ?? assert.fail(), { now: Date.now() / 1000, ...facts } as never);
      levels.push(finding.state === 'firing' ? finding.limit?.level : finding.state);
    }
    assert.deepEqual(levels, ['ok', 'P3', 'P1']);
    const source = await open();
    const startedAt = Date.now() / 1000;
    const readings: Reading[] = [];
    const verdicts: string[] = [];
    for (const [index, connections] of [12, 58, 58].entries()) {
      machine.connections = connections;
      const told = (await source.readings?.(0, Date.now())) ?? [];
      readings.push(...told.map((reading) => ({ ...reading, at: startedAt + index * 300 })));
      const window = { startedAt, intervalSeconds: 60, baseline: [], buckets: [], readings };
      verdicts.push(judgeRule(parseRule('database-pool above 95%'), window as never).verdict);
    }
    assert.deepEqual(verdicts, ['pass', 'undecided', 'fail']);
  });

  test('a plan without metrics is a refusal with its cause, not a reading', async () => {
    delete sandbox.supabase.metrics.machine;
    await assert.rejects(open(), {
      reasonCode: 'supabase_forbidden',
      message: /or the plan of the organization has none/,
    });
  });

  test('an error within an answer of 200 and 410 are source errors', async () => {
    for (const [fault, message] of [
      [{ status: 200, body: { result: null, error: 'backend gone' } }, /Supabase says: "backend gone"/],
      [{ status: 410, body: { message: 'Gone' } }, /410/],
    ] as const) {
      sandbox.faults.order({ service: 'supabase', route, times: 1, fault });
      await assert.rejects(open(), { name: 'SupabaseError', message });
    }
  });
});
