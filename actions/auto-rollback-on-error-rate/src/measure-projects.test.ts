import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { parseRule } from '#config/rules';
import { intervalsOf, type ObservationSource } from '#observe/source';
import { rulesOf } from '#release/after-release/classify-requirement';
import { planWindows } from '#release/after-release/plan-windows';
import { measureProjects } from './measure-projects.ts';

const minute = 60_000;
const { clock } = createRunner({ environment: {}, write: () => {} });
const promotedAt = clock.now() - 90 * minute;

/** Requests of a minute before the promotion and since, and how many of those since fail. */
function source(before: number, since: number, errors: number, app?: string): ObservationSource {
  return {
    name: 'vercel-runtime-logs',
    ...(app === undefined ? {} : { app }),
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: true,
    async open() {},
    async read(from, until, intervalMs) {
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => ({
        ...{ start: start / 1000, end: end / 1000 },
        ...(end <= promotedAt ? { requests: before, errors: 0 } : { requests: since, errors }),
      }));
    },
    async close() {},
  };
}

async function measured(sources: ObservationSource[]): Promise<Record<string, [verdict: string, value: string]>> {
  const require = ['error-rate below 5%', 'traffic normal'];
  const [window = assert.fail('no window')] = planWindows({
    windows: [{ name: 'early', from: 0, until: 30 * minute, require }],
  });
  const rules = window.require.flatMap(({ requirement }) => rulesOf(requirement)).map(parseRule);
  const answers = await measureProjects(
    window,
    { sources, rules },
    {
      ...{ windowMs: 30 * minute, intervalMs: minute, minRequests: 20, since: promotedAt, toTheEnd: true },
      ...{ baselineUntil: promotedAt, baselineMs: 30 * minute, clock, log: () => {} },
      signal: new AbortController().signal,
    },
  );
  assert.equal(answers.length, require.length, 'one answer for each requirement');
  return Object.fromEntries(answers.map((answer) => [answer.require, [answer.verdict, answer.value]]));
}

test('a quiet further project of a group hides nothing of the first: its collapsed traffic fails the window', async () => {
  const quiet = source(1, 0, 0, 'admin');
  const collapsed = await measured([source(2_000, 100, 0), quiet]);
  assert.equal(collapsed['traffic normal']?.[0], 'fail', JSON.stringify(collapsed));
  const normal = await measured([source(200, 200, 0), quiet]);
  assert.deepEqual(normal['traffic normal'], ['pass', '6000 requests']);
  assert.notEqual(normal['error-rate below 5%']?.[0], 'pass', 'nobody knows whether admin has errors');
  assert.match(normal['error-rate below 5%']?.[1] ?? '', /^admin: /);
});

test('errors of a further project alone fail the window under its name, and what is good everywhere passes', async () => {
  const sick = await measured([source(200, 200, 0), source(200, 200, 40, 'admin')]);
  assert.equal(sick['error-rate below 5%']?.[0], 'fail');
  assert.match(sick['error-rate below 5%']?.[1] ?? '', /^admin: .*above the limit/);
  const well = await measured([source(200, 200, 0), source(200, 200, 0, 'admin')]);
  assert.deepEqual(
    Object.values(well).map(([verdict]) => verdict),
    ['pass', 'pass'],
  );
  const alone = await measured([source(200, 200, 0)]);
  assert.deepEqual(alone, well);
});
