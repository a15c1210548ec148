import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import type { VercelConnection } from '#vercel/project';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { judgeRule } from '../judge/judge.ts';
import type { Reading } from '../reading.ts';
import { vercelMetrics } from './vercel-metrics.ts';

const minute = 60_000;
const until = 1_800_000_000_000;

const sandboxed =
  (more: Partial<VercelConnection> = {}) =>
  (sandbox: Sandbox) => {
    const { apiUrl, token, teamId: team, projectId: project } = sandbox.description.vercel;
    return vercelMetrics({
      connection: { apiUrl, token, team, project, clock: contractClock, ...more },
      clock: contractClock,
    });
  };

describeSource({
  name: 'vercel-metrics',
  make: sandboxed(),
  secret: (sandbox) => sandbox.description.vercel.token,
  asks: { service: 'vercel', route: '/v2/observability/query' },
  tells: {
    tell(sandbox) {
      Object.assign(sandbox.vercel.behaviour, {
        observabilityPlus: true,
        numbers: { 'vercel.speed_insights.lcp_ms': 2_400, 'vercel.speed_insights.lcp_count': 120 },
      });
    },
    expected: [['lcp', 2_400]],
    nothing(sandbox) {
      sandbox.vercel.behaviour.numbers = {};
    },
    unitMistake: { not: 'each metric has its unit in the name that Vercel gives it' },
    stale: { not: 'the numbers are asked for by the time in which they were measured' },
  },
  wrongCredentials: [
    {
      called: 'the address of a deploy hook',
      make: sandboxed({ token: 'https://api.vercel.com/v1/integrations/deploy/prj_1/2' }),
      reason: 'wrong_credential',
      says: /deploy hook/,
    },
    {
      called: 'a token that is not known',
      make: sandboxed({ token: 'vcp_0000' }),
      reason: 'vercel_token_rejected',
      says: /account\/tokens/,
    },
  ],
  wrongSite: {
    called: 'another team',
    make: sandboxed({ team: 'team_0000' }),
    reason: 'wrong_team|project_not_found',
    says: /vercel-team/,
  },
  notANumber: () => ({ data: [], summary: [{ vercel_speed_insights_lcp_ms_p75: 'many' }] }),
});

describe('source vercel-metrics', () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
  });
  after(() => sandbox?.close());
  beforeEach(() => {
    sandbox.faults.clear();
    Object.assign(sandbox.vercel.behaviour, { observabilityPlus: true, numbers: {} });
  });

  const measured = (lcp: number) => ({
    'vercel.speed_insights.lcp_ms': lcp,
    'vercel.speed_insights.lcp_count': 120,
    'vercel.speed_insights.inp_ms': 180,
    'vercel.speed_insights.inp_count': 90,
    'vercel.speed_insights.cls': 0.08,
    'vercel.speed_insights.cls_count': 120,
    'vercel.speed_insights.ttfb_ms': 310,
    'vercel.speed_insights.ttfb_count': 120,
    'vercel.function_invocation.function_duration_ms': 450,
    'vercel.function_invocation.peak_memory_mb': 212,
  });
  async function open(ruleMetrics?: readonly string[]) {
    const { apiUrl, token, teamId: team, projectId: project } = sandbox.description.vercel;
    const source = vercelMetrics({
      connection: { apiUrl, token, team, project, clock: contractClock },
      clock: contractClock,
      ruleMetrics,
    });
    await source.open();
    return source;
  }
  const read = async (): Promise<Reading[]> => (await (await open()).readings?.(until - 15 * minute, until)) ?? [];
  const valuesOf = (readings: readonly Reading[]) =>
    readings.map(({ metric, value, samples }) => [metric, value, samples]);

  test('Core Web Vitals with their visits, response time and memory of functions (MET-03, MET-17)', async () => {
    sandbox.vercel.behaviour.numbers = measured(2_400);
    assert.deepEqual(valuesOf(await read()), [
      ['lcp', 2_400, 120],
      ['inp', 180, 90],
      ['cls', 0.08, 120],
      ['ttfb', 310, 120],
      ['api-response-time', 450, undefined],
      ['function-memory-mb', 212, undefined],
    ]);
  });

  test('only what a rule names is asked for; where none names one of them, all are shown', async () => {
    sandbox.vercel.behaviour.numbers = measured(2_400);
    for (const [named, told, questions] of [
      [['error-rate', 'lcp'], ['lcp'], 2],
      [['api-response-time'], ['api-response-time'], 1],
      [['error-rate'], ['lcp', 'inp', 'cls', 'ttfb', 'api-response-time', 'function-memory-mb'], 10],
    ] as const) {
      const source = await open(named);
      const before = sandbox.requests().length;
      const readings = (await source.readings?.(until - 15 * minute, until)) ?? [];
      assert.deepEqual(
        readings.map(({ metric }) => metric),
        told,
      );
      assert.equal(sandbox.requests().length - before, questions);
    }
  });

  test('an LCP of 2.4 s passes and one of 2.6 s fails, by two readings in a row (PDW-12)', async () => {
    const verdicts: string[] = [];
    for (const lcp of [2_400, 2_600]) {
      sandbox.vercel.behaviour.numbers = measured(1_000);
      const source = await open();
      const readings: Reading[] = [];
      for (const [index, value] of [1_000, lcp, lcp].entries()) {
        sandbox.vercel.behaviour.numbers = measured(value);
        readings.push(...((await source.readings?.(until, until + (index + 1) * 5 * minute)) ?? []));
      }
      const window = {
        startedAt: until / 1000,
        intervalSeconds: 60,
        planned: 30,
        minRequests: 20,
        baseline: [],
        buckets: [],
      };
      verdicts.push(judgeRule(parseRule('lcp above 2.5s'), { ...window, readings }).verdict);
    }
    assert.deepEqual(verdicts, ['pass', 'fail']);
  });

  test('a window that is over is told in parts of five minutes at least, four at most (PDW-02)', async () => {
    sandbox.vercel.behaviour.numbers = measured(2_600);
    const source = await open();
    for (const [minutes, parts, length] of [
      [5, 1, 5],
      [17, 3, 17 / 3],
      [240, 4, 60],
    ] as const) {
      const points = (await source.readingsOver?.(until - minutes * minute, until, minute)) ?? [];
      const lcp = points.filter(({ metric }) => metric === 'lcp');
      assert.deepEqual(
        lcp.map(({ value, periodMs }) => [value, periodMs]),
        Array.from({ length: parts }, () => [2_600, length * minute]),
      );
      assert.equal(lcp.at(-1)?.at, until / 1000);
    }
    sandbox.vercel.behaviour.numbers = {};
    assert.deepEqual(await source.readingsOver?.(until - 15 * minute, until, minute), []);
  });

  test('without Observability Plus visitors are told all the same, and functions are not asked for again', async () => {
    Object.assign(sandbox.vercel.behaviour, { observabilityPlus: false, numbers: measured(2_400) });
    const source = await open();
    for (const _ of [1, 2]) {
      const metrics = ((await source.readings?.(until - 15 * minute, until)) ?? []).map(({ metric }) => metric);
      assert.deepEqual(metrics, ['lcp', 'inp', 'cls', 'ttfb']);
    }
    const refused = sandbox.requests().filter(({ path, status }) => path.endsWith('/query') && status === 402);
    assert.equal(refused.length, 2);
  });

  test('of fewer than ten visits there is no p75, which two slow visitors would be', async () => {
    for (const [visits, told] of [
      [9, false],
      [10, true],
    ] as const) {
      sandbox.vercel.behaviour.numbers = {
        'vercel.speed_insights.lcp_ms': 9_000,
        'vercel.speed_insights.lcp_count': visits,
      };
      assert.equal((await read()).length > 0, told);
      const over = await (await open()).readingsOver?.(until - 15 * minute, until, minute);
      assert.equal((over ?? []).length > 0, told);
    }
  });

  test('a watch that begins reads the five minutes before, which are not blamed on the release', async () => {
    const asked = () => {
      const [last] = sandbox
        .requests()
        .filter(({ path }) => path.endsWith('/v2/observability/query'))
        .slice(-1);
      const { startTime, endTime } = (last?.body ?? {}) as { startTime: string; endTime: string };
      return Date.parse(endTime) - Date.parse(startTime);
    };
    sandbox.vercel.behaviour.numbers = measured(3_000);
    const source = await open();
    const found = [...((await source.readings?.(until, until)) ?? [])];
    assert.equal(asked(), 5 * minute);
    for (const minutes of [5, 10]) found.push(...((await source.readings?.(until, until + minutes * minute)) ?? []));
    assert.equal(asked(), 10 * minute);
    const about = { startedAt: until / 1000, intervalSeconds: 60, planned: 30, minRequests: 20 };
    const verdict = judgeRule(parseRule('lcp above 2.5s'), { ...about, baseline: [], buckets: [], readings: found });
    assert.equal(verdict.reasonCode, 'baseline_above_limit');
  });

  test('what nobody measured is no reading, never 0', async () => {
    sandbox.vercel.behaviour.numbers = { 'vercel.speed_insights.lcp_ms': 0, 'vercel.speed_insights.lcp_count': 0 };
    assert.deepEqual(await read(), []);
  });

  test('a failure is told with its reason and without the token', async () => {
    const { token } = sandbox.description.vercel;
    sandbox.vercel.behaviour.numbers = measured(2_400);
    sandbox.faults.order({
      service: 'vercel',
      route: '/v2/observability/query',
      times: 1,
      fault: { status: 200, body: { data: [] } },
    });
    await assert.rejects(read(), { reasonCode: 'vercel_bad_answer' });
    const source = await open();
    sandbox.faults.order({
      service: 'vercel',
      route: '/v2/observability/query',
      times: 8,
      fault: { status: 403, body: { error: { message: token } } },
    });
    await assert.rejects(source.readings?.(until - 15 * minute, until) ?? Promise.resolve([]), (error: Error) => {
      assert.ok(!error.message.includes(token));
      return true;
    });
  });
});
