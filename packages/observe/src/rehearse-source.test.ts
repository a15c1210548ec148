import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket, NoData } from './bucket.ts';
import { rehearseBreach } from './rehearse-source.ts';
import type { ObservationSource } from './source.ts';

function source(answer: Bucket[] | NoData, looksBack = true): ObservationSource {
  return {
    name: 'sentry',
    granularityMs: 60_000,
    denominator: 'spans',
    readAfterMs: [0],
    looksBack,
    async open() {},
    read: async () => answer,
    readings: async () => [],
    async close() {},
  };
}

const read = (given: ObservationSource, requests = 20) => rehearseBreach(given, requests).read(0, 120_000, 60_000);

test('every request of the answer is an error, and so are as many more as a verdict needs', async () => {
  const one = { start: 0, end: 60, requests: 40, errors: 1, p95: 80 };
  assert.deepEqual(await read(source([one])), [{ ...one, requests: 140, errors: 140 }]);
  assert.deepEqual(await read(source([one]), 500), [{ ...one, requests: 540, errors: 540 }]);
});

test('nobody there is a staging without visitors; a source that counts no requests stays one', async () => {
  const nobody = { noData: 'no_rows', message: 'gives nothing for this time' };
  assert.deepEqual(await read(source(nobody)), [
    { start: 0, end: 60, requests: 100, errors: 100 },
    { start: 60, end: 120, requests: 100, errors: 100 },
  ]);
  assert.deepEqual(await read(source(nobody, false)), nobody);
});

test('what the source cannot tell is not made up, and intervals that it leaves out stay unknown', async () => {
  for (const noData of ['source_unavailable', 'token_refused', 'no_error_rows', 'plan_missing']) {
    const answer = { noData, message: 'x' };
    assert.deepEqual(await read(source(answer)), answer);
  }
  assert.deepEqual(await read(source([])), []);
});

test('it has no time before and no numbers beside the counts, and says what it is', () => {
  const rehearsed = rehearseBreach(source([]), 20);
  assert.deepEqual([rehearsed.looksBack, rehearsed.readings, rehearsed.granularityMs], [false, undefined, 60_000]);
  assert.match(rehearsed.denominator, /^spans, all of them failed for the rehearsal$/);
});
