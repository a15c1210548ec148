import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules, type ErrorRateRule, parseRule } from './rules.ts';

const cases: { input: string; exp: Omit<ErrorRateRule, 'metric' | 'text'> }[] = [
  {
    input: 'error-rate above 2% within 15m',
    exp: { above: { kind: 'share', value: 0.02 }, withinMs: 900_000, immediately: false },
  },
  { input: 'error-rate above 0.5%', exp: { above: { kind: 'share', value: 0.005 }, immediately: false } },
  { input: 'error-rate above 10%: immediately', exp: { above: { kind: 'share', value: 0.1 }, immediately: true } },
  { input: '  error-rate   above 10% immediately', exp: { above: { kind: 'share', value: 0.1 }, immediately: true } },
  {
    input: 'error-rate above 3x baseline and at least 2% within 15m',
    exp: { above: { kind: 'baseline-multiple', factor: 3, atLeast: 0.02 }, withinMs: 900_000, immediately: false },
  },
];
for (const { input, exp } of cases) {
  test(`reads the rule "${input}"`, () => {
    assert.deepEqual(parseRule(input), { metric: 'error-rate', ...exp, text: input.trim().replace(/\s+/g, ' ') });
  });
}

for (const { input, message } of [
  { input: 'error-rate over 2%', message: /is not a rule: write e\.g\./ },
  { input: '', message: /is not a rule/ },
  { input: 'p99 above 5s', message: /watches error-rate, p95, new-issues.*, not p99/ },
  { input: 'error-rate above 2%: warn', message: /warn says nothing behind a rule; known: immediately, warning/ },
  { input: 'error-rate above 2%: notify, auto', message: /choose one of notify, auto/ },
  { input: 'error-rate above 2%: warning, notify', message: /leave out one of both/ },
  { input: 'error-rate above 2% except /a', message: /"except" belongs to p95/ },
  { input: "p95 above 5s except /a'b", message: /is not a route/ },
  { input: 'new-issues above some', message: /limit is a whole number/ },
  { input: 'database-cpu above 80% with at least 5 users', message: /belongs to new-issues/ },
  { input: 'database-cpu above 80', message: /is not a rate/ },
  { input: 'new-issues above 0: immediately', message: /belongs to error-rate/ },
  { input: 'new-issues over 0', message: /is not a rule/ },
  { input: 'p95 above 2%', message: /is not a duration/ },
  { input: 'p95 above 0s', message: /longer than nothing/ },
  { input: 'error-rate above 2', message: /is not a rate/ },
  { input: 'error-rate above 100%', message: /nothing is above 100%/ },
  { input: 'error-rate above 0% within 15m', message: /must be above 0%/ },
  { input: 'error-rate above 3x baseline and at least 0%', message: /must be above 0%/ },
  { input: 'error-rate above 2% within 15', message: /is not a duration/ },
  { input: 'error-rate above 2% within 0s', message: /longer than nothing/ },
  { input: 'error-rate above 2% within 5m: immediately', message: /choose either/ },
  { input: 'error-rate above 3x baseline', message: /add a floor/ },
  { input: 'error-rate above 3x', message: /written "3x baseline"/ },
  { input: 'error-rate above 2% baseline', message: /written "3x baseline"/ },
  { input: 'error-rate above 1x baseline and at least 2%', message: /must be above 1/ },
  { input: 'error-rate above 2% and at least 1%', message: /belongs to a multiple/ },
]) {
  test(`refuses the rule "${input}"`, () => assert.throws(() => parseRule(input), message));
}

test('reads rules about response times, absolute and against the baseline', () => {
  assert.deepEqual(parseRule('p95 above 5s within 15m'), {
    metric: 'p95',
    above: { kind: 'time', ms: 5000 },
    withinMs: 900_000,
    immediately: false,
    text: 'p95 above 5s within 15m',
  });
  const multiple = parseRule('p95 above 1.25x baseline and at least 500ms');
  assert.deepEqual('above' in multiple && multiple.above, { kind: 'baseline-multiple', factor: 1.25, atLeast: 500 });
});

test('a rule says what its breach does, and which routes may be slow', () => {
  const words = (text: string) => {
    const { level, action, immediately } = parseRule(text);
    return [level, action, immediately];
  };
  assert.deepEqual(words('error-rate above 1%: warning'), ['warning', undefined, false]);
  assert.deepEqual(words('error-rate above 1%: critical'), [undefined, undefined, false]);
  assert.deepEqual(words('error-rate above 10%: immediately, notify'), [undefined, 'notify', true]);
  assert.deepEqual(words('error-rate above 10%: notify immediately'), [undefined, 'notify', true]);
  const slow = parseRule('p95 above 5s within 15m except /generate-content, /a/b: auto');
  assert.ok(slow.metric === 'p95');
  assert.deepEqual([slow.except, slow.action, slow.withinMs], [['/a/b', '/generate-content'], 'auto', 900_000]);
});

test('reads rules about numbers beside the counts', () => {
  const read = (text: string) => {
    const rule = parseRule(text);
    return 'limit' in rule ? [rule.comparison, rule.unit, rule.limit, rule.leastUsers, rule.action] : [];
  };
  assert.deepEqual(read('new-issues above 0 with at least 5 users'), ['above', 'count', 0, 5, undefined]);
  assert.deepEqual(read('database-cpu above 80%: notify'), ['above', 'share', 0.8, undefined, 'notify']);
  assert.deepEqual(read('crash-free below 99.5%'), ['below', 'share', 0.995, undefined, undefined]);
  assert.deepEqual(read('lcp above 2.5s'), ['above', 'ms', 2500, undefined, undefined]);
});

test('the default rules are rules', () => {
  assert.deepEqual(
    defaultRules.map((rule) => parseRule(rule).immediately),
    [true, false],
  );
});
