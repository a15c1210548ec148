import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DrillFacts, judgeDrill, standardTargets } from './judge-drill.ts';

const day = 86_400;
const now = 400 * day;
const verified = { verdict: 'verified' as const, reasonCode: 'restored_and_equal', message: 'equal' };
const facts: DrillFacts = {
  verification: verified,
  restoreSeconds: 1_700,
  ageSeconds: 25 * 3_600,
  keys: [{ recipient: 'sha256:a', openedAt: now, isNew: false }],
  wrongAnswers: 0,
};
const judge = (more: Partial<DrillFacts>) => judgeDrill({ ...facts, ...more }, standardTargets, now);

test('a drill passes within both targets, and each of them can fail it', () => {
  assert.deepEqual(judge({}), { passed: true, reasonCode: 'drill_passed', problems: [], remarks: [] });
  const slow = judge({ restoreSeconds: 31 * 60 });
  assert.deepEqual([slow.passed, slow.reasonCode], [false, 'too_slow']);
  assert.deepEqual(slow.problems, ['the restore took 31 min, the target is 30 min']);
  assert.equal(
    judge({ ageSeconds: 27 * 3_600 }).problems[0],
    'the newest verified data is 27.0 h old, the target is 26.0 h',
  );
});

test('a copy that differs comes first, and everything else is still told', () => {
  const different = { verdict: 'mismatch' as const, reasonCode: 'restored_differs', message: 'public.notes differs' };
  const judged = judge({
    verification: different,
    restoreSeconds: 9_000,
    ageSeconds: 3 * day,
    keys: [],
    wrongAnswers: 2,
  });
  assert.equal(judged.reasonCode, 'restored_differs');
  assert.equal(judged.problems.length, 5);
  assert.match(judged.problems.at(-1) ?? '', /2 answers belong to no challenge/);
});

test('a key counts for 100 days after it opened its challenge, and one that never did fails the drill (S27)', () => {
  const key = (days: number) => judge({ keys: [{ recipient: 'sha256:a', openedAt: now - days * day, isNew: false }] });
  assert.deepEqual(
    [key(99).passed, key(99).remarks],
    [true, ['sha256:a opened its challenge 99 days ago; due within 100 days']],
  );
  assert.deepEqual([key(101).passed, key(101).reasonCode], [false, 'key_not_opened']);
  const fresh = judge({ keys: [...facts.keys, { recipient: 'sha256:b', isNew: true }] });
  assert.deepEqual(
    [fresh.passed, fresh.problems],
    [false, ['nobody has shown yet that they hold the key of sha256:b']],
  );
  assert.match(fresh.remarks[0] ?? '', /sha256:b is new/);
});

test('the newest way back of the app stands beside its target: too slow fails, none is only said', () => {
  const targets = { ...standardTargets, frontendSeconds: 300 };
  const against = (frontend?: DrillFacts['frontend']) =>
    judgeDrill({ ...facts, ...(frontend === undefined ? {} : { frontend }) }, targets, now);
  const what = 'rehearsed on staging, 2026-01-24';
  assert.deepEqual(against({ seconds: 300, what }), {
    ...{ passed: true, reasonCode: 'drill_passed', problems: [], remarks: [] },
  });
  const slow = against({ seconds: 301, what });
  assert.deepEqual([slow.passed, slow.reasonCode], [false, 'frontend_too_slow']);
  assert.match(slow.problems[0] ?? '', /^the way back of the app took 5 min \(rehearsed on staging, 2026-01-24\)/);
  const none = against();
  assert.equal(none.passed, true);
  assert.match(none.remarks[0] ?? '', /no way back of the app is recorded/);
});

test('a rebuild that failed or died fails the drill; one that passed or that nobody asked for does not', () => {
  const rebuilt = { passed: true, reasonCode: 'rebuilt', problems: [] };
  assert.equal(judge({ rebuild: rebuilt }).passed, true);
  const unwell = judge({ rebuild: { passed: false, reasonCode: 'rebuild_unhealthy', problems: ['it is not', 'and'] } });
  assert.deepEqual([unwell.passed, unwell.reasonCode], [false, 'rebuild_unhealthy']);
  assert.deepEqual(unwell.problems, ['rebuild of the app: it is not', 'rebuild of the app: and']);
  assert.deepEqual([judge({ rebuild: 'died' }).passed, judge({ rebuild: 'died' }).reasonCode], [false, 'rebuild_died']);
});
