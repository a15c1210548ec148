import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import { planSuite } from './plan-suite.ts';

type Given = Parameters<typeof planSuite>[0];
const none = {} as Record<keyof Given, undefined>;
const given = (values: Partial<Given> = {}): Given => {
  return { ...none, retries: 1, deadline: 1000, baseUrl: 'https://app.example', ...values } as Given;
};
const settings = {
  environment: 'production',
  smoke: { command: 'npm run smoke', checks: [{ path: '/a' }], timeoutMs: 3000 },
};

test('checks and command of ops.yml run where none is given', async () => {
  const plan = await planSuite(given(), settings, undefined);
  assert.deepEqual(
    [plan.command, plan.checks[0]?.url.href, plan.checks[0]?.timeoutMs],
    ['npm run smoke', 'https://app.example/a', 3000],
  );
});

test('a suite or a command given explicitly replaces both', async () => {
  const suite = await planSuite(given({ suite: 's.yml' }), settings, '- /b');
  assert.deepEqual([suite.command, suite.checks.map((check) => check.url.pathname)], [undefined, ['/b']]);
  const command = await planSuite(given({ command: 'make smoke' }), settings, undefined);
  assert.deepEqual([command.command, command.checks], ['make smoke', []]);
});

test('the end-to-end command of ops.yml stands alone (PDW-05)', async () => {
  const smoke = { ...settings.smoke, endToEnd: 'npm run e2e' };
  const plan = await planSuite(given({ tests: 'end-to-end' }), { ...settings, smoke }, undefined);
  assert.deepEqual([plan.command, plan.checks], ['npm run e2e', []]);
});

test('what cannot be used is told with its place', async () => {
  for (const [values, text, said] of [
    [{ baseUrl: undefined }, undefined, /^base-url: is required/],
    [{ suite: 's.yml' }, undefined, /^suite: it cannot be read/],
    [{ suite: 's.yml' }, '- pathh: /x', /^suite: line 1: unknown key "pathh"/],
    [{ tests: 'end-to-end' }, undefined, /^tests: .*ops\.yml names none for this environment/],
    [{ tests: 'end-to-end', command: 'make' }, undefined, /^tests: .*has its command from ops\.yml/],
    [{ command: 'echo "x' }, undefined, /^command: .*open " quote/],
  ] as [Partial<Given>, string | undefined, RegExp][]) {
    await assert.rejects(planSuite(given(values), settings, text), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, said);
      return true;
    });
  }
});
