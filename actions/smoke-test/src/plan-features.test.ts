import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import { planFeatures } from './plan-features.ts';
import type { Given } from './plan-suite.ts';

const given = (values: Partial<Given> = {}): Given =>
  ({ tests: 'features', retries: 1, deadline: 1000, baseUrl: 'https://app.example/', ...values }) as Given;
const settings = {
  environment: 'production',
  smoke: {
    features: [
      { name: 'login', command: 'npm run login' },
      { name: 'publishing', checks: [{ path: '/api/publish' }] },
      { name: 'imports' },
    ],
  },
};

test('features with something to run are planned, or those that are named (PDW-05)', () => {
  const { baseUrl, features } = planFeatures(given(), settings);
  assert.deepEqual(
    [baseUrl, ...features.map(({ name, command, checks }) => [name, command, checks[0]?.url.href])],
    [
      'https://app.example',
      ['login', 'npm run login', undefined],
      ['publishing', undefined, 'https://app.example/api/publish'],
    ],
  );
  const one = planFeatures(given({ features: ['publishing'] }), settings);
  assert.deepEqual(
    one.features.map(({ name }) => name),
    ['publishing'],
  );
});

test('what cannot be tried is told with its place', () => {
  const broken = { ...settings, smoke: { features: [{ name: 'login', command: 'echo "x' }] } };
  for (const [values, configured, said] of [
    [{ features: ['imports'] }, settings, /^features: .*is no feature with a command or checks/],
    [{ command: 'make' }, settings, /^tests: .*has its features from ops\.yml/],
    [{}, { ...settings, smoke: {} }, /^tests: .*ops\.yml names no feature/],
    [{}, broken, /^command: .*open " quote/],
    [{ baseUrl: undefined }, settings, /^base-url: is required/],
  ] as [Partial<Given>, typeof settings, RegExp][]) {
    assert.throws(
      () => planFeatures(given(values), configured),
      (error) => error instanceof InputError && said.test(error.message),
      String(said),
    );
  }
});
