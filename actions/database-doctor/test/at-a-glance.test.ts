import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { DatabaseReport } from '#postgres/doctor/database-report';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { restingMachine } from '#sandbox/supabase/metrics-routes';
import { atAGlance, type GlanceValue, type MachineLooks } from '../src/at-a-glance.ts';
import { lookAtMachine } from '../src/look-at-machine.ts';

const client = { backendType: 'client backend' };
const report = {
  sessions: { read: true, value: [client, client, { backendType: 'walsender' }] },
  connectionLimit: { read: true, value: { maximum: 60, reserved: 3 } },
  replication: {
    read: true,
    value: { replicas: [{ application: 'r', state: 'streaming', lagSeconds: 2.5 }], idleSlots: [] },
  },
  migrations: { read: true, value: { lastVersion: '20260101120000', count: 7 } },
} as unknown as DatabaseReport;
const backup = { text: 'prod-7, 3.5 h ago', known: true };
const textOf = (values: readonly GlanceValue[]) => values.map(({ name, value }) => `${name}: ${value}`);
const eight = ['reachable', 'CPU', 'memory', 'connections', 'disk', 'replication lag', 'last backup', 'last migration'];

describe('the state at a glance (DBD-17)', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
  });
  after(() => sandbox?.close());
  beforeEach(() => {
    sandbox.faults.clear();
    sandbox.supabase.metrics.machine = { ...restingMachine, cpu: 0.81, memory: 0.86, disk: 0.7 };
  });

  async function looks(token = sandbox.description.supabase.token): Promise<MachineLooks> {
    const { apiUrl, project } = sandbox.description.supabase;
    const clock = { now: () => Date.now(), sleep: async () => {} };
    const logger = { debug: () => {} } as never;
    const second = await lookAtMachine(
      { signal: new AbortController().signal, clock, logger },
      { apiUrl, token, project },
    );
    return await second();
  }

  test('database and platform together tell all eight values', async () => {
    assert.deepEqual(textOf(atAGlance(report, await looks(), { backup })), [
      'reachable: yes',
      'CPU: 81 % busy',
      'memory: 86 % taken',
      'connections: 3 of 57',
      'disk: 70 % taken',
      'replication lag: 2.5 s',
      'last backup: prod-7, 3.5 h ago',
      'last migration: 20260101120000 of 7',
    ]);
  });

  test('within one minute the counters of the CPU stand still: the load is told, not a share of nothing', async () => {
    Object.assign(sandbox.supabase.metrics.machine ?? {}, { minutesBetweenLooks: 0 });
    const [, cpu] = atAGlance(report, await looks(), { backup });
    assert.equal(cpu?.value, 'load 1.62 on 2 CPUs; a share needs two looks a minute apart');
  });

  test('a plan without metrics, a token that is not taken and no project: not available, with the reason', async () => {
    delete sandbox.supabase.metrics.machine;
    const ofPlan = atAGlance(report, await looks(), { backup });
    assert.deepEqual(
      ofPlan.map(({ name }) => name),
      eight,
    );
    assert.deepEqual(
      ofPlan.filter(({ known }) => !known).map(({ name }) => name),
      ['CPU', 'memory', 'disk'],
    );
    assert.match(ofPlan[1]?.value ?? '', /^not available: .*the plan of the organization has none/);
    const wrong = 'sbp_canary-of-another';
    const refused = textOf(atAGlance(report, await looks(wrong), { backup })).join('\n');
    assert.match(refused, /not valid or has expired/);
    assert.ok(!refused.includes(wrong));
    const none = atAGlance(report, { why: 'that needs supabase-access-token and the project' }, { backup });
    assert.equal(none[2]?.value, 'not available: that needs supabase-access-token and the project');
  });

  test('where nobody gets in, the platform still tells its part and the rest says why', async () => {
    Object.assign(sandbox.supabase.metrics.machine ?? {}, { connections: 60 });
    const unreachable = 'all connections are taken, so nothing could be read';
    const shown = atAGlance(undefined, await looks(), { backup, unreachable });
    assert.deepEqual(
      shown.map(({ name }) => name),
      eight,
    );
    assert.equal(shown[0]?.value, `no: ${unreachable}`);
    assert.equal(shown[3]?.value, '60 of 60');
    assert.equal(shown[7]?.value, 'not available: the database did not answer');
  });
});
