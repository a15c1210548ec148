import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAfterRelease } from './after-release-record.ts';
import { answersForEverybody } from './answers-for-everybody.ts';
import { answersToRecord, judgeAfterRelease } from './judge-after-release.ts';
import { judgeRowCounts, type RowsNow, tablesToCount } from './judge-row-counts.ts';

const notes = [{ name: 'public.notes', rows: 100 }];
const judged = (now: RowsNow | undefined) =>
  judgeRowCounts(notes, new Map(now === undefined ? [] : [['public.notes', now]]), 0.25);

describe('a falling row count is a reason, by its table (PDW-06)', () => {
  const rows: [string, RowsNow | undefined, string, RegExp][] = [
    ['as many', { rows: 100 }, 'pass', /none of 1 tables has lost rows/],
    ['more', { rows: 140 }, 'pass', /none/],
    ['within the tolerance', { rows: 75 }, 'pass', /none/],
    ['beyond it', { rows: 70 }, 'needs-confirmation', /^public\.notes has 30 % fewer rows than before the release$/],
    ['half of them', { rows: 50 }, 'fail', /^public\.notes has 50 % fewer rows than before the release$/],
    ['none', { rows: 0 }, 'fail', /^public\.notes has no rows left$/],
    ['a table that is gone', 'gone', 'needs-confirmation', /^public\.notes is not there any more$/],
    [
      'row security hides some',
      { failed: '42501' },
      'could-not-run',
      /^public\.notes cannot be counted \(SQLSTATE 42501\)$/,
    ],
    ['no time was left', undefined, 'could-not-run', /^public\.notes was not reached in time$/],
  ];
  for (const [name, now, verdict, value] of rows)
    test(name, () => {
      const answer = judged(now);
      assert.equal(answer.verdict, verdict);
      assert.match(answer.value, value);
    });

  test('one table that was halved outweighs those that nobody could count, and a tolerance above a half is kept', () => {
    const before = [...notes, { name: 'public.tasks', rows: 10 }];
    const now = new Map<string, RowsNow>([
      ['public.notes', { failed: '57014' }],
      ['public.tasks', { rows: 4 }],
    ]);
    assert.equal(judgeRowCounts(before, now, 0.25).verdict, 'fail');
    const wide = judgeRowCounts([{ name: 'public.tasks', rows: 10 }], now, 0.7);
    assert.equal(wide.verdict, 'pass');
  });

  test('nothing to compare never passes', () => {
    assert.deepEqual(judgeRowCounts([], new Map(), 0.25), {
      verdict: 'needs-confirmation',
      value: 'no table that is compared had rows before the release',
    });
  });
});

test('what shrinks by itself is not counted, users and their files are', () => {
  const named = (name: string, rows = 3) => ({ name, rows });
  const before = [
    named('public.notes'),
    named('public.jobs'),
    named('public.empty', 0),
    named('auth.users'),
    named('auth.sessions'),
    named('storage.objects'),
    named('supabase_migrations.schema_migrations'),
    named('"Sales".authors'),
  ];
  assert.deepEqual(
    tablesToCount(before, ['public.jobs']).map(({ name }) => name),
    ['public.notes', 'auth.users', 'storage.objects', '"Sales".authors'],
  );
});

test('neither the record nor the issue of a public repository says which table lost what (S5, S23)', () => {
  const settings = { windows: [{ name: 'standard', from: 0, until: 60_000, require: ['row-counts normal'] }] };
  const facts = readAfterRelease({ facts: [] });
  const { value } = judged({ rows: 0 });
  const measured = [{ window: 'standard', require: 'row-counts normal', verdict: 'fail' as const, value, at: 1 }];
  const state = judgeAfterRelease(settings, { promotedAt: 0, now: 1, facts, measured });
  assert.deepEqual(state.windows[0]?.reasons, ['row-counts normal: public.notes has no rows left']);
  assert.deepEqual(
    answersToRecord(state, { measured, facts }).map((answer) => answer.value),
    [''],
  );
  assert.doesNotMatch(JSON.stringify(answersForEverybody(state.planned, measured)), /notes/);
});
