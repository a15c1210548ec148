import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeWatch } from './conclude-watch.ts';
import { judge } from './judge/judge.ts';
import { describeCollapse, findTrafficCollapse } from './traffic-collapse.ts';

const buckets = (count: number, requests: number, seconds = 30) =>
  Array.from({ length: count }, (_, index) => ({
    start: index * seconds,
    end: (index + 1) * seconds,
    requests,
    errors: 0,
  }));

const cases: { what: string; before: [number, number]; now: [number, number]; collapsed: boolean }[] = [
  { what: 'a twentieth of the traffic', before: [30, 40], now: [10, 2], collapsed: true },
  { what: 'no requests at all', before: [30, 40], now: [10, 0], collapsed: true },
  { what: 'a fifth of the traffic', before: [30, 40], now: [10, 8], collapsed: false },
  { what: 'a site of ten requests an hour that is asked by nobody', before: [30, 1], now: [10, 0], collapsed: false },
  { what: 'a single burst before', before: [1, 4000], now: [10, 0], collapsed: false },
  { what: 'nothing was counted before', before: [0, 0], now: [10, 0], collapsed: false },
];
for (const { what, before, now, collapsed } of cases) {
  test(`traffic: ${what} is ${collapsed ? 'a collapse' : 'none'}`, () => {
    assert.equal(findTrafficCollapse(buckets(...before), buckets(...now)) !== undefined, collapsed);
  });
}

test('buckets of different lengths are compared by time', () => {
  assert.equal(findTrafficCollapse(buckets(30, 80, 60), buckets(10, 40, 30)), undefined);
  const found = findTrafficCollapse(buckets(30, 80, 60), buckets(10, 2, 30));
  assert.equal(
    found && describeCollapse(found),
    'requests fell to 5 % of what they were before the promotion: 20, where about 400 were to be expected',
  );
});

for (const requests of [0, 3]) {
  test(`${requests} requests per interval after forty: the watch does not pass, whatever their error rate`, () => {
    const [baseline, seen] = [buckets(30, 40), buckets(20, requests)];
    const about = { baseline, startedAt: 0, intervalSeconds: 30, planned: 20, minRequests: 20 };
    const judgement = judge(
      [
        {
          metric: 'error-rate',
          above: { kind: 'share', value: 0.1 },
          immediately: false,
          text: 'error-rate above 10%',
        },
      ],
      { ...about, buckets: seen },
    );
    const facts = { baseline, buckets: seen, needed: 20, planned: 20, probeOnly: false, judgement };
    const conclusion = concludeWatch(facts, true);
    assert.deepEqual([conclusion?.verdict, conclusion?.reasonCode], ['inconclusive', 'traffic_collapsed']);
    assert.match(conclusion?.summary ?? '', /requests fell to \d+ %/);
    assert.equal(concludeWatch(facts, false), undefined, 'only at the end of the window');
  });
}
