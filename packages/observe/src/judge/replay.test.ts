import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { judgeRule } from './judge.ts';
import { Replay, type ReplayedVerdict, type ReplayPolicy } from './replay.ts';

const rule = parseRule('error-rate above 2% within 15m');
const policy: ReplayPolicy = { rules: [rule], windowMs: 900_000, intervalMs: 30_000, minRequests: 20 };

const counts = fc.array(
  fc.integer({ min: 0, max: 600 }).chain((requests) => {
    return fc.tuple(fc.constant(requests), fc.integer({ min: 0, max: Math.min(requests, 30) }));
  }),
  { minLength: 1, maxLength: 20 },
);

function bucketsOf(given: readonly (readonly [number, number])[], seconds = 30): Bucket[] {
  return given.map(([requests, errors], index) => {
    return { start: index * seconds, end: (index + 1) * seconds, requests, errors };
  });
}

function replay(buckets: readonly Bucket[], given = policy): ReplayedVerdict[] {
  const run = new Replay(given, []);
  return buckets.map((bucket) => run.add(bucket));
}

test('property: until a failure each verdict is what judging the buckets so far from scratch says', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const buckets = bucketsOf(given);
      for (const [index, found] of replay(buckets).entries()) {
        const window = { baseline: [], startedAt: 0, intervalSeconds: 30, planned: 30, minRequests: 20 };
        const { verdict, reasonCode } = judgeRule(rule, { ...window, buckets: buckets.slice(0, index + 1) });
        assert.deepEqual(
          [found.verdict, found.reasonCode],
          [verdict === 'undecided' ? 'inconclusive' : verdict, reasonCode],
        );
        if (found.verdict === 'fail') break;
      }
    }),
    { seed: 1, numRuns: 60 },
  );
});

test('property: a failure is final and keeps its numbers; every interval has its own verdict', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const found = replay(bucketsOf(given));
      assert.equal(found.length, given.length);
      const first = found.find(({ verdict }) => verdict === 'fail');
      if (!first) return;
      for (const later of found.slice(found.indexOf(first)))
        assert.deepEqual({ ...later, start: 0 }, { ...first, start: 0 });
    }),
    { seed: 2, numRuns: 60 },
  );
});

test('property: a window that passes passes with fewer errors too, and never fails with them', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const last = replay(bucketsOf(given)).at(-1);
      const better = replay(bucketsOf(given.map(([requests]) => [requests, 0] as const)));
      assert.ok(better.every(({ verdict }) => verdict !== 'fail'));
      if (last?.verdict === 'pass') assert.equal(better.at(-1)?.verdict, 'pass');
    }),
    { seed: 3, numRuns: 80 },
  );
});

test('property: with more errors in every interval a failing window does not pass', () => {
  fc.assert(
    fc.property(counts, fc.integer({ min: 1, max: 20 }), (given, more) => {
      const failed = replay(bucketsOf(given)).some(({ verdict }) => verdict === 'fail');
      const worse = given.map(([requests, errors]) => [requests, Math.min(requests, errors + more)] as const);
      const after = replay(bucketsOf(worse)).at(-1);
      if (failed) assert.notEqual(after?.verdict, 'pass');
    }),
    { seed: 4, numRuns: 80 },
  );
});

test('property: halves of the same intervals never turn a failure into a pass, and count the same', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const halves = given.flatMap(([requests, errors]) => {
        const [n, e] = [requests >> 1, errors >> 1];
        return [[n, e] as const, [requests - n, errors - e] as const];
      });
      const whole = replay(bucketsOf(given)).at(-1);
      const split = replay(bucketsOf(halves, 15), { ...policy, intervalMs: 15_000 }).at(-1);
      if (whole?.verdict === 'fail') assert.notEqual(split?.verdict, 'pass');
      if (whole?.verdict === 'pass') assert.notEqual(split?.verdict, 'fail');
      if (whole?.verdict !== 'fail' && split?.verdict !== 'fail') {
        assert.deepEqual([split?.requests, split?.errors], [whole?.requests, whole?.errors]);
      }
    }),
    { seed: 5, numRuns: 80 },
  );
});

test('after its window a verdict stays, and many intervals left out are no data', () => {
  const clean = Array.from({ length: 40 }, (_, index) => [500, index < 30 ? 0 : 400] as const);
  const found = replay(bucketsOf(clean));
  assert.equal(found[29]?.verdict, 'pass');
  assert.ok(found.slice(30).every(({ verdict }) => verdict === 'pass'));
  const gap = bucketsOf(clean).filter((_, index) => index < 2 || index >= 10);
  assert.deepEqual([replay(gap)[2]?.verdict, replay(gap)[2]?.reasonCode], ['no-data', 'source_blind']);
});

test('a window whose end is missing is no data, also where buckets from after it follow; a failure stays one', () => {
  const clean = bucketsOf(Array.from({ length: 45 }, () => [2000, 0] as const));
  const left = clean.filter((_, index) => index < 20 || index >= 40);
  const found = replay(left);
  assert.deepEqual(
    [found[19]?.verdict, found[20]?.verdict, found[20]?.reasonCode],
    ['pass', 'no-data', 'source_blind'],
  );
  const bad = replay(left.map((bucket) => ({ ...bucket, errors: 200 })));
  assert.equal(bad.at(-1)?.verdict, 'fail');
});

test('of buckets that are shorter than the interval only the last has the lower bar of the end', () => {
  // Two errors in each of four buckets of 10 s, then none: too little for the bar that holds until the end.
  const counts = Array.from({ length: 90 }, (_, index) => [40, index >= 30 && index < 34 ? 2 : 0] as const);
  const short = replay(bucketsOf(counts, 10));
  assert.ok(short.every(({ verdict }) => verdict !== 'fail'));
  const gaps = bucketsOf(counts, 10).filter((_, index) => index < 20 || index >= 50);
  assert.deepEqual([replay(gaps)[20]?.verdict, replay(gaps)[20]?.reasonCode], ['no-data', 'source_blind']);
});

/** Buckets of a whole window with so many errors, spread evenly. */
function evenly(errors: number, seconds: number): Bucket[] {
  const count = 900 / seconds;
  const until = (index: number) => Math.floor((errors * index) / count);
  return bucketsOf(
    Array.from({ length: count }, (_, index) => [2 * seconds, until(index + 1) - until(index)]),
    seconds,
  );
}

for (const seconds of [10, 30, 90]) {
  test(`the least number of errors that fails does so in the last bucket of ${seconds} s, at the bar of the end`, () => {
    const failing = Array.from({ length: 200 }, (_, errors) => replay(evenly(errors, seconds))).find(
      (found) => found.at(-1)?.verdict === 'fail',
    );
    assert.equal(
      failing?.findIndex(({ verdict }) => verdict === 'fail'),
      900 / seconds - 1,
    );
  });
}

test('traffic that collapsed is a finding of its own, not zero errors', () => {
  const before = bucketsOf(Array.from({ length: 30 }, () => [2000, 1] as const)).map((bucket) => {
    return { ...bucket, start: bucket.start - 900, end: bucket.end - 900 };
  });
  const run = new Replay(policy, before);
  const found = bucketsOf(Array.from({ length: 30 }, () => [60, 0] as const)).map((bucket) => run.add(bucket));
  assert.deepEqual([found.at(-1)?.verdict, found.at(-1)?.reasonCode], ['inconclusive', 'traffic_collapsed']);
  assert.deepEqual([found[0]?.verdict, found[0]?.reasonCode], ['inconclusive', 'undecided']);
  assert.ok(found.every(({ verdict }) => verdict === 'inconclusive'));
  assert.match(run.sentence() ?? '', /requests fell to 3 % of what they were before the promotion: 1800/);
});
