import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedSourceNames, measureWatch } from '../test/measured-watch.ts';

/** Live logs are a stream that is opened four times in a quarter of an hour; every other source is asked once an interval at least. */
const leastRequests = (name: string): number => (name === 'vercel-runtime-logs' ? 4 : 16);

for (const name of countedSourceNames) {
  test(`15 minutes at 60 s with ${name}: at most 40 requests to source, lock and ledger, and under 100 MB of heap`, async () => {
    const { outcome, requests, heapBytes } = await measureWatch(name);
    assert.deepEqual(
      [outcome.verdict, outcome.buckets.length, outcome.effectiveIntervalSeconds],
      ['pass', 15, 60],
      outcome.summary,
    );
    assert.ok(requests.source >= leastRequests(name) && requests.lock >= 15, JSON.stringify(requests));
    assert.ok(requests.source + requests.lock <= 40, JSON.stringify(requests));
    assert.ok(heapBytes > 0 && heapBytes < 100_000_000, `${heapBytes}`);
  });
}
