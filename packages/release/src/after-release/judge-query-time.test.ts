import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLedger } from '../ledger.ts';
import { parseFact } from '../release-record.ts';
import { afterReleaseLedger, readAfterRelease } from './after-release-record.ts';
import { answersOfLooks, judgeAfterRelease, looksWanted } from './judge-after-release.ts';
import { judgeQueryTime, withQueryTime } from './judge-query-time.ts';
import { planWindows } from './plan-windows.ts';

const minute = 60_000;
const promotedAt = Date.parse('2026-03-02T10:00:00Z');
const before = { calls: 1_000_000, totalMs: 3_000_000, at: promotedAt + 6 * minute };
/** So many queries since the first look, of so many milliseconds each. */
const since = (calls: number, mean: number) => ({
  calls: before.calls + calls,
  totalMs: before.totalMs + calls * mean,
});
const now = promotedAt + 31 * minute;
const reset = (at: number) => ({ since: at / 1000 });

describe('how long queries take after a release (PDW-05)', () => {
  const cases = [
    {
      what: 'as long as before',
      totals: since(5_000, 3.1),
      exp: 'pass',
      says: /^queries take 3\.10 ms .* 3\.00 ms before/,
    },
    { what: 'a quarter longer, which the tolerance allows', totals: since(5_000, 3.75), exp: 'pass', says: /3\.75 ms/ },
    {
      what: 'half as long again',
      totals: since(5_000, 4.5),
      exp: 'needs-confirmation',
      says: /^queries take 4\.50 ms/,
    },
    { what: 'twice as long', totals: since(5_000, 6), exp: 'fail', says: /^queries take 6\.00 ms .* 3\.00 ms before/ },
    { what: 'of too few queries', totals: since(999, 60), exp: 'needs-confirmation', says: /^only 999 queries/ },
    {
      what: 'looked at too soon',
      totals: since(5_000, 6),
      now: before.at + 9 * minute,
      exp: 'open',
      says: /too short/,
    },
    { what: 'after a reset', totals: { calls: 5_000, totalMs: 30_000 }, exp: 'needs-confirmation', says: /were reset/ },
    {
      what: 'after a reset that left more than before',
      totals: { ...since(5_000, 6), ...reset(before.at + minute) },
      exp: 'needs-confirmation',
      says: /were reset/,
    },
  ];
  for (const { what, totals, exp, says, now: at = now } of cases) {
    test(`${what}: ${exp}`, () => {
      const { verdict, value } = judgeQueryTime({ totals, before, promotedAt, now: at, tolerance: 0.25 });
      assert.equal(verdict, exp, value);
      assert.match(value, says);
    });
  }

  test('below a millisecond nobody notices a difference, and a wide tolerance is the word of ops.yml', () => {
    const fast = { calls: 1_000_000, totalMs: 100_000, at: before.at };
    const totals = { calls: 1_010_000, totalMs: 109_000 };
    assert.equal(judgeQueryTime({ totals, before: fast, promotedAt, now, tolerance: 0.25 }).verdict, 'pass');
    const wide = judgeQueryTime({ totals: since(5_000, 7), before, promotedAt, now, tolerance: 1.5 });
    assert.equal(wide.verdict, 'pass');
  });

  test('the first look records what was until then, unless the statistics are too young or hold too little', () => {
    const first = (totals: { calls: number; totalMs: number; since?: number }) =>
      judgeQueryTime({ totals, before: undefined, promotedAt, now: before.at, tolerance: 0.25 });
    assert.deepEqual([first(before).verdict, first(before).keep?.calls], ['open', 1_000_000]);
    const young = first({ ...before, ...reset(promotedAt - 59 * minute) });
    assert.deepEqual([young.verdict, young.keep], ['needs-confirmation', undefined]);
    const few = first({ calls: 999, totalMs: 1 });
    assert.deepEqual([few.verdict, few.keep], ['needs-confirmation', undefined]);
  });

  test('what the doctor found goes first', () => {
    const fine = { verdict: 'pass' as const, value: 'fine' };
    const slow = { verdict: 'fail' as const, value: 'slow' };
    assert.deepEqual(withQueryTime({ verdict: 'could-not-run', value: 'hidden' }, slow).verdict, 'could-not-run');
    assert.deepEqual(withQueryTime(fine, slow), slow);
    assert.deepEqual(withQueryTime(fine, fine), { verdict: 'pass', value: 'fine; fine' });
  });
});

test('database latency doubled: the window fails, by the sums that an earlier run left in the record (PDW-05)', async () => {
  const settings = {
    windows: [{ name: 'short-term', from: 5 * minute, until: 30 * minute, require: ['database normal'] }],
  };
  const planned = planWindows(settings);
  const written: string[] = [];
  const github = {
    createStatus: async (_: number, { description }: { description: string }) => written.push(description),
  };
  const facts = () =>
    readAfterRelease({ facts: written.flatMap((description) => parseFact(description, before.at) ?? []) });
  const ledger = afterReleaseLedger(openLedger(github as never, { ledgerId: 1 }), {});
  const doctor = { verdict: 'pass' as const, value: 'the doctor found nothing that is wrong now' };
  const look = async (at: number, totals: { calls: number; totalMs: number }) => {
    const { queriesBefore } = facts();
    const { keep, ...answer } = judgeQueryTime({
      totals,
      before: queriesBefore,
      promotedAt,
      now: at,
      tolerance: 0.25,
    });
    if (keep) await ledger.queriesBefore(keep);
    const answers = new Map([['queries', withQueryTime(doctor, answer)]]);
    const given = { promotedAt, now: at, facts: facts() };
    const measured = answersOfLooks(planned, answers, given);
    return judgeAfterRelease(settings, { ...given, measured }).windows[0];
  };
  // Before its window begins: the nearer to the promotion, the less of the release is in the sums.
  assert.deepEqual([...looksWanted(planned, { promotedAt, now: promotedAt + minute, facts: facts() })], ['queries']);
  assert.equal((await look(promotedAt + minute, before))?.verdict, 'open');
  assert.deepEqual(written, ['ops:queries:outcome:before 1000000 in 3000000 ms']);
  assert.deepEqual([...looksWanted(planned, { promotedAt, now: promotedAt + minute, facts: facts() })], []);
  const failed = await look(promotedAt + 20 * minute, since(5_000, 6.2));
  assert.equal(failed?.verdict, 'fail');
  assert.match(failed?.reasons[0] ?? '', /^database normal: queries take 6\.20 ms on average, 3\.00 ms before/);
});
