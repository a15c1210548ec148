import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedJson } from '#action-kit/bounded-json';
import { readRecord } from '#cli/verdict/read-record';
import { parseRule } from '#config/rules';
import { Replay } from '#observe/judge/replay';
import { intervalsOf } from '#observe/source';
import { observeWindow } from '#observe/watch';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { decideAction } from './decide-action.ts';
import { describeWatch } from './describe-watch.ts';
import type { WatchPlan } from './plan-watch.ts';

const startsAt = 1_700_000_000_000;
const rules = ['error-rate above 2% within 15m', 'error-rate above 3x baseline and at least 1% within 15m'];

/** A watch whose n-th interval has so many errors of 200 requests, as the output `result` keeps it. */
async function recorded(
  errors: (index: number) => number,
  { isUnread = false, promotedAt = startsAt, seenFrom = 0 } = {},
) {
  const plan = {
    rules: rules.map(parseRule),
    sources: ['http-json'],
    mode: 'auto',
    minRequests: 20,
  } as unknown as WatchPlan;
  const outcome = await observeWindow({
    rules: plan.rules,
    windowMs: 15 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    baselineMs: 15 * 60_000,
    promotedAt,
    clock: new SimulatedClock(),
    signal: new AbortController().signal,
    log: () => {},
    source: {
      name: 'http-json',
      granularityMs: 0,
      denominator: 'requests',
      readAfterMs: [0],
      looksBack: true,
      open: async () => {},
      close: async () => {},
      asked: () => ({ query: 'select everything', link: 'https://source.example/same' }),
      read: async (from, until, intervalMs) => {
        if (isUnread && from < promotedAt) throw new Error('status 500');
        return intervalsOf(from, until, intervalMs)
          .map(({ start, end }, index) => {
            const before = start < promotedAt;
            return { start: start / 1000, end: end / 1000, requests: 200, errors: before ? 1 : errors(index) };
          })
          .filter(({ start }) => start * 1000 < promotedAt || start * 1000 >= startsAt + seenFrom * 30_000);
      },
    },
  });
  const decision = decideAction(outcome, { mode: 'auto', onNoData: 'hold', onInconclusive: 'hold' }, { act: false });
  const { details, reasonCode } = describeWatch(outcome, decision, { plan }, undefined);
  return { outcome, json: boundedJson({ schemaVersion: 1, ...details, reasonCode }) };
}

for (const { name, errors, verdict } of [
  { name: 'clean', errors: () => 0, verdict: 'pass' },
  { name: 'bad from the start', errors: () => 12, verdict: 'fail' },
  { name: 'bad from interval 10', errors: (index: number) => (index < 10 ? 1 : 14), verdict: 'fail' },
  { name: 'near the limit', errors: (index: number) => (index % 5 === 0 ? 4 : 3), verdict: 'inconclusive' },
]) {
  test(`a watch that was ${name} is judged again from its record, with the same verdict (MET-19)`, async () => {
    const { outcome, json } = await recorded(errors);
    assert.equal(outcome.verdict, verdict, outcome.summary);
    const { policy, stream, said, from } = readRecord(json);
    assert.deepEqual(from, { source: 'http-json', query: 'select everything', link: 'https://source.example/same' });
    const replay = new Replay(policy, stream.baseline);
    const last = stream.observed.map((bucket) => replay.add(bucket)).at(-1);
    assert.deepEqual([last?.verdict, last?.reasonCode], [said.verdict, said.reasonCode]);
    assert.deepEqual([said.verdict, said.reasonCode], [outcome.verdict, outcome.reasonCode]);
  });
}

for (const { name, errors, given, verdict } of [
  {
    name: 'began after the promotion',
    errors: (index: number) => (index < 34 ? 1 : 90),
    given: { promotedAt: startsAt - 200_000, seenFrom: -7 },
    verdict: 'fail',
  },
  { name: 'was extended', errors: (index: number) => (index < 32 ? 1 : 14), given: { seenFrom: 20 }, verdict: 'fail' },
  { name: 'was extended and clean', errors: () => 0, given: { seenFrom: 20 }, verdict: 'pass' },
]) {
  test(`a watch that ${name} is judged again over the same time`, async () => {
    const { outcome, json } = await recorded(errors, given);
    assert.equal(outcome.verdict, verdict, outcome.summary);
    const { policy, stream, said } = readRecord(json);
    const replay = new Replay(policy, stream.baseline);
    const last = stream.observed.map((bucket) => replay.add(bucket)).at(-1);
    assert.deepEqual([last?.verdict, last?.reasonCode], [said.verdict, said.reasonCode]);
  });
}

test('a watch that could not read the time before is judged again without it, not by the floor', async () => {
  const { outcome, json } = await recorded((index) => (index % 4 === 0 ? 4 : 3), { isUnread: true });
  assert.deepEqual([outcome.verdict, outcome.baselineUnread], ['inconclusive', true], outcome.summary);
  const { policy, stream, said } = readRecord(json);
  const replay = new Replay(policy, stream.baseline);
  const last = stream.observed.map((bucket) => replay.add(bucket)).at(-1);
  assert.equal(last?.verdict, said.verdict);
  const [multiple] = policy.rules.slice(1);
  assert.ok(multiple);
  const bad = new Replay({ ...policy, rules: [multiple] }, []);
  const verdicts = stream.observed.map((bucket) => bad.add({ ...bucket, errors: 40 }));
  assert.deepEqual([verdicts.at(-1)?.verdict, verdicts.at(-1)?.reasonCode], ['inconclusive', 'baseline_unread']);
});

test('what is no record of a watch is refused, and so is one without counts', async () => {
  assert.throws(() => readRecord('{"verdict":"pass"}'), { name: 'UsageError' });
  const { json } = await recorded(() => 0);
  assert.throws(() => readRecord(JSON.stringify({ ...JSON.parse(json), buckets: [] })), { name: 'UsageError' });
});
