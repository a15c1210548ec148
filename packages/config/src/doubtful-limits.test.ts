import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disorderedLimits, doubtfulLimits } from './doubtful-limits.ts';
import { loadConfig } from './load-config.ts';

const cases: { rule: string; says?: RegExp }[] = [
  { rule: 'error-rate above 2% within 15m' },
  { rule: 'error-rate above 0.02 within 15m' },
  { rule: 'error-rate above 0.1%' },
  { rule: 'error-rate above 50%: immediately' },
  { rule: 'p95 above 5s within 15m' },
  { rule: 'error-rate above 0.02% within 15m', says: /one error in 5000 requests; where 2% is meant, write 2%/ },
  { rule: 'error-rate above 3x baseline and at least 0.01%', says: /one error in 10000 requests; where 1% is meant/ },
  { rule: 'error-rate above 0.5', says: /means 50%: a bare number is a share; where 0\.5% is meant, write 0\.5%/ },
];
for (const { rule, says } of cases) {
  test(`"${rule}" ${says ? 'is doubted' : 'is taken as it is'}`, () => {
    const doubts = doubtfulLimits([rule]);
    assert.equal(doubts.length, says ? 1 : 0, doubts.join());
    if (says) assert.match(doubts[0] ?? '', says);
  });
}

test('a rule that acts before anybody is told is doubted (ARB-13)', () => {
  const acts = 'error-rate above 2% within 15m';
  assert.match(
    disorderedLimits([acts, 'error-rate above 5%: warning']).join(),
    /acts before "error-rate above 5%: warn/,
  );
  assert.match(disorderedLimits([acts], ['error-rate above 5%']).join(), /acts before "error-rate above 5%" tells/);
  assert.deepEqual(disorderedLimits([acts, 'error-rate above 1%: warning'], ['error-rate above 50%']), []);
  assert.deepEqual(disorderedLimits([acts], ['p95 above 5s', 'smoke-failed', 'availability below 99.9%']), []);
});

test('a doubtful unit is a warning of the configuration, not a refusal', async () => {
  const { warnings, settings } = await loadConfig({
    file: 'ops.yml',
    text: 'version: 1\nwatch:\n  rules: ["error-rate above 0.02%"]\n',
    environment: 'production',
    throwAway: false,
    readReference: () => Promise.reject(new Error('none')),
  });
  assert.match(warnings.join('\n'), /ops\.yml: watch\.rules "error-rate above 0\.02%" fails at one error in 5000/);
  assert.deepEqual(settings.watch.rules, ['error-rate above 0.02%']);
});
