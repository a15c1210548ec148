import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMetricRule } from './metric-rule.ts';

for (const { input, exp } of [
  { input: 'error-rate above 2%', exp: { metric: 'error-rate', comparison: 'above', limit: 0.02 } },
  { input: 'availability below 99.9%', exp: { metric: 'availability', comparison: 'below', limit: 0.999 } },
  { input: 'p95 above 500ms', exp: { metric: 'p95', comparison: 'above', limit: 500 } },
  { input: 'p95 above 5s within 15m', exp: { metric: 'p95', comparison: 'above', limit: 5_000, withinMs: 900_000 } },
  {
    input: 'auth-failures above 10 per 1m',
    exp: { metric: 'auth-failures', comparison: 'above', limit: 10, perMs: 60_000 },
  },
  { input: 'database-pool above 80%', exp: { metric: 'database-pool', comparison: 'above', limit: 0.8 } },
  {
    input: 'circuit-breaker-opens 3 times in 5m',
    exp: { metric: 'circuit-breaker-opens', comparison: 'event', times: 3, perMs: 300_000 },
  },
  { input: 'health-failures 2 times in a row', exp: { metric: 'health-failures', comparison: 'event', times: 2 } },
  { input: 'p95 normal', exp: { metric: 'p95', comparison: 'normal' } },
  { input: 'smoke-failed', exp: { metric: 'smoke-failed', comparison: 'event' } },
]) {
  test(`reads every unit of the runbooks: ${input}`, () =>
    assert.deepEqual(parseMetricRule(input), { ...exp, text: input }));
}

for (const { input, message } of [
  { input: 'eror-rate above 2%', message: /no metric eror-rate; did you mean error-rate\?/ },
  { input: 'p95 above 2%', message: /is not a duration/ },
  { input: 'error-rate above 2s', message: /is not a rate/ },
  { input: 'auth-failures above many', message: /limit is a whole number/ },
  { input: 'smoke-faild', message: /did you mean smoke-failed\?/ },
  { input: 'toString above 1', message: /no metric toString/ },
]) {
  test(`refuses the metric rule ${input}`, () => assert.throws(() => parseMetricRule(input), message));
}
