import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lead, leadIntervals, unseenMs } from './lead.ts';

const minute = 60_000;
const lead = (beforeMs: number | undefined, intervalMs = 30_000): Lead => {
  const startedAt = 100 * minute;
  return { startedAt, promotedAt: beforeMs === undefined ? undefined : startedAt - beforeMs, intervalMs, planned: 30 };
};
const looksBack = { looksBack: true };
const live = (sinceMs: number) => ({ looksBack: false, knownSince: () => 100 * minute - sinceMs });

test('what looks back counts from the first interval that began after the switch; what knows one deployment from the switch itself', () => {
  assert.equal(leadIntervals(lead(50_000), looksBack), 1);
  assert.equal(leadIntervals(lead(50_000), live(51_000)), 2);
  assert.equal(leadIntervals(lead(60_000), live(61_000)), 2);
  assert.equal(leadIntervals(lead(29_000), looksBack), 0);
});

test('nothing is known before a source was opened, or where nobody said when the domains moved', () => {
  assert.equal(leadIntervals(lead(50_000), live(0)), 0);
  assert.equal(leadIntervals(lead(90_000), live(40_000)), 1, 'opened after the switch: whole intervals alone');
  assert.equal(leadIntervals(lead(50_000), { looksBack: false }), 0);
  assert.equal(leadIntervals(lead(undefined), looksBack), 0);
  assert.equal(leadIntervals(lead(-5_000), looksBack), 0);
});

test('at most half a window is taken from before it', () => {
  assert.equal(leadIntervals(lead(20 * minute), looksBack), 15);
});

test('the time that nobody counted is said in full, and a part of an interval only where the source could have told it', () => {
  const at = 100 * 60;
  const bucket = (start: number) => ({ start, end: start + 30, requests: 0, errors: 0 });
  assert.equal(unseenMs(lead(50_000), live(0), []), 50_000);
  assert.equal(unseenMs(lead(50_000), live(51_000), [bucket(at - 60), bucket(at - 30), bucket(at)]), 0);
  assert.equal(unseenMs(lead(50_000), live(51_000), [bucket(at - 60)]), 30_000, 'a hole');
  assert.equal(unseenMs(lead(50_000), looksBack, [bucket(at - 30)]), 0);
  assert.equal(unseenMs(lead(undefined), live(0), []), 0);
});
