import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillRecord } from '#release/drill-record';
import { judgeDrills, overdueAfter } from './judge-drills.ts';

const day = 86_400;
const asked = { kind: 'drill', environment: 'production', maxAgeSeconds: 100 * day } as const;
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
    const { missed } = judgeDrills(known, { ...asked, now: now * day });
    if (missed && !told) alerts.push(now);
    told = missed;
  }
  assert.deepEqual(alerts, [192]);
});

test('a drill that failed is no drill, none at all is told, and a ledger that cannot be read is never fine', () => {
  const at = { ...asked, now: 101 * day };
  assert.equal(judgeDrills([drill(100, false), drill(0)], at).reasonCode, 'drill_overdue');
  assert.deepEqual(judgeDrills([drill(100, false)], at), {
    missed: true,
    reasonCode: 'no_drill',
    message: 'no recovery drill of production has passed yet; 1 failed',
  });
  assert.equal(judgeDrills(undefined, at).missed, true);
  assert.deepEqual(judgeDrills([drill(99)], at).missed, false);
});

test('rehearsals of the way back are judged alike, in words of their own', () => {
  const at = { kind: 'rehearsal', environment: 'staging', maxAgeSeconds: 35 * day, now: 40 * day } as const;
  const held = (days: number, passed = true) => ({ at: days * day, passed });
  assert.deepEqual(judgeDrills([held(39, false), held(4)], at), {
    missed: true,
    reasonCode: 'rehearsal_overdue',
    message: 'the last rehearsal of the way back of staging that passed was 36 days ago (limit 35 days)',
  });
  assert.deepEqual(judgeDrills([held(5)], at).reasonCode, 'rehearsal_done');
  assert.deepEqual(judgeDrills([], at), {
    missed: true,
    reasonCode: 'no_rehearsal',
    message: 'no rehearsal of the way back of staging has passed yet',
  });
  assert.equal(judgeDrills(undefined, at).reasonCode, 'rehearsals_unknown');
});

test('what is held so often is missed a quarter later, a day at least', () => {
  const ms = 1000 * day;
  assert.deepEqual(
    [1, 7, 28].map((days) => overdueAfter(days * ms) / ms),
    [2, 8.75, 35],
  );
});
