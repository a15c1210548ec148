import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WindowVerdict } from './after-release-record.ts';
import { answersForEverybody } from './answers-for-everybody.ts';
import { judgeAfterRelease } from './judge-after-release.ts';
import { planWindows } from './plan-windows.ts';

const hour = 60 * 60_000;
const require = ['error-rate below 1%', 'traffic normal', 'health ok', 'data-integrity passed', 'database normal'];
const settings = { windows: [{ name: 'watch', from: 0, until: hour, require }] };
const planned = planWindows(settings);

function saidOf(answers: [string, WindowVerdict | 'needs-confirmation', string][]): string {
  const given = answers.map(([text, verdict, value]) => ({ window: 'watch', require: text, verdict, value, at: 0 }));
  const measured = answersForEverybody(planned, given);
  const facts = { checks: [], told: new Map(), confirmed: new Map(), reminded: new Set<string>() };
  return JSON.stringify(judgeAfterRelease(settings, { promotedAt: 0, now: 2 * hour, facts, measured }));
}

test('everybody reads our own words about numbers, and neither hosts, nor a vendor’s answer, nor rows (S23)', () => {
  const said = saidOf([
    ['error-rate below 1%', 'could-not-run', 'GET https://metrics.internal.example/q answered 500: <vendor text>'],
    ['traffic normal', 'needs-confirmation', 'GET https://metrics.internal.example/q'],
    ['health ok', 'fail', 'https://app.internal.example answered 503'],
    ['data-integrity passed', 'fail', 'orphans: 3 rows'],
    ['database normal', 'could-not-run', 'connect to db.internal.example:5432'],
  ]);
  assert.doesNotMatch(said, /internal|vendor text|orphans|3 rows|5432/);
  assert.match(said, /could not be looked at: the run says why/);
});

test('what was counted stays readable', () => {
  const said = saidOf([
    ['error-rate below 1%', 'pass', 'error rate 0.2 % is below the limit'],
    ['traffic normal', 'fail', 'requests fell to 8 %'],
  ]);
  assert.match(said, /error rate 0\.2 %/);
  assert.match(said, /requests fell to 8 %/);
});
