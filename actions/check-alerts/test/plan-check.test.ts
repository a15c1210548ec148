import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import { type Given, planCheck } from '../src/plan-check.ts';

const given = { vercelToken: 'token', vercelProject: 'notes', window: 900_000 } as unknown as Given;

for (const [as, beside] of [
  [undefined, ['vercel-metrics']],
  ['production', ['vercel-metrics']],
  ['alias', []],
  ['custom-environment', []],
] as const) {
  test(`visitors of production are asked for an environment that is ${as ?? 'not said'}: ${beside.length > 0}`, () => {
    const settings = {
      ...{ environment: 'here', production: false, database: {}, health: {}, smoke: {}, release: {}, slack: {} },
      ...{ vercel: { as }, watch: { source: ['probe'] }, alerts: [{ when: 'lcp above 2.5s' }] },
    } as unknown as EnvironmentSettings;
    assert.deepEqual(planCheck(given, settings).beside, beside);
  });
}
