import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import { planGate } from './plan-gate.ts';

type Given = Parameters<typeof planGate>[0];
const none = {} as Record<keyof Given, undefined>;
const given = (values: Partial<Given> = {}): Given => ({ ...none, ...values }) as Given;

test('inputs win over ops.yml, that over the defaults', () => {
  const health = { checks: [{ path: '/a' }, { path: '/b', timeoutMs: 500 }], consecutive: 5, intervalMs: 10 };
  const plan = planGate(given({ baseUrl: 'https://app.example/', consecutive: 2 }), { health });
  assert.deepEqual([plan.consecutive, plan.intervalMs, plan.deadlineMs], [2, 10, 60_000]);
  assert.deepEqual(
    plan.checks.map(({ url, timeoutMs }) => [url.href, timeoutMs]),
    [
      ['https://app.example/a', 10_000],
      ['https://app.example/b', 500],
    ],
  );
  assert.equal(plan.standardCheck, false);
});

test('urls may be paths and whole addresses, and each host of them is named by the workflow', () => {
  const urls = ['/health', 'https://api.example/ready'];
  const plan = planGate(
    given({ baseUrl: 'https://app.example', urls, expectStatus: '200, 204', expectJson: ['$.ok = true'] }),
    {
      health: { checks: [{ path: '/not-this' }] },
    },
  );
  assert.deepEqual(
    plan.checks.map((check) => check.url.href),
    ['https://app.example/health', 'https://api.example/ready'],
  );
  assert.deepEqual([...plan.listedHosts], ['app.example', 'api.example']);
  assert.deepEqual(plan.checks[0]?.status, [200, 204]);
  assert.deepEqual(plan.checks[0]?.json, { '$.ok': true });
});

test('an address from ops.yml is checked, but not listed (S20)', () => {
  const plan = planGate(given(), { url: 'https://app.example', health: {} });
  assert.deepEqual(
    [plan.standardCheck, plan.listedHosts.size, plan.checks[0]?.url.href],
    [true, 0, 'https://app.example/'],
  );
});

test('all mistakes are told at once', () => {
  const wrong = given({ expectStatus: '2xz', expectJson: ['status: ok'], expectDeployment: 'dpl_1' });
  assert.throws(
    () => planGate(wrong, { health: {} }),
    (error) => {
      assert.ok(error instanceof InputError);
      assert.deepEqual(
        error.problems.map((problem) => problem.name),
        ['expect-status', 'expect-json', 'base-url', 'vercel-token'],
      );
      return true;
    },
  );
});
