import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillRecord } from '#release/drill-record';
import { judgeDrills } from './judge-drills.ts';

const day = 86_400;
const drill = (at: number, passed = true): DrillRecord => ({
  schemaVersion: 1,
  key: `1:production:${at}`,
  at: at * day,
  passed,
  reasonCode: passed ? 'drill_passed' : 'too_slow',
  verdict: 'verified',
  restoreSeconds: 60,
  targets: { restoreSeconds: 1800, ageSeconds: 93_600 },
  recipients: [],
  opened: [],
});

test('over a year with one skipped quarter there are three drills and one alert', () => {
  const held = [0, 91, 273].map((at) => drill(at));
  const alerts: number[] = [];
  let told = false;
  for (let now = 1; now <= 365; now++) {
    const known = held.filter(({ at }) => at <= now * day).toSorted((a, b) => b.at - a.at);
    const { missed } = judgeDrills(known, { environment: 'production', maxAgeSeconds: 100 * day, now: now * day });
    if (missed && !told) alerts.push(now);
    told = missed;
  }
  assert.deepEqual(alerts, [192]);
});

test('a drill that failed is no drill, none at all is told, and a ledger that cannot be read is never fine', () => {
  const at = { environment: 'production', maxAgeSeconds: 100 * day, now: 101 * day };
  assert.equal(judgeDrills([drill(100, false), drill(0)], at).reasonCode, 'drill_overdue');
  assert.deepEqual(judgeDrills([drill(100, false)], at), {
    missed: true,
    reasonCode: 'no_drill',
    message: 'no recovery drill of production has passed yet; 1 failed',
  });
  assert.equal(judgeDrills(undefined, at).missed, true);
  assert.deepEqual(judgeDrills([drill(99)], at).missed, false);
});
