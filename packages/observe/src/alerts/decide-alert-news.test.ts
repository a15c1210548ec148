import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlertNews, type AlertState, decideAlertNews, settleNews } from './decide-alert-news.ts';
import type { AlertFinding } from './judge-alert.ts';
import { planAlerts } from './plan-alerts.ts';

const minute = 60;
const remindSeconds = 4 * 3600;
const [alert] = planAlerts([
  { when: 'error-rate above 1%', level: 'P3' },
  { when: 'error-rate above 5%', level: 'P1' },
]).alerts;
const key = 'error-rate above';

function finding(word: string): AlertFinding {
  if (word === 'ok' || word === 'undecided') return { key, state: word, reasonCode: word, said: word };
  if (word === 'blind') return { key, state: 'no-data', reasonCode: 'source_blind', said: word };
  const limit = alert?.limits[word === 'critical' ? 1 : 0];
  return { key, state: 'firing', ...(limit && { limit }), reasonCode: 'above_limit', said: word };
}

/** One run every five minutes; what each of them tells. */
function tell(words: readonly string[], { delivered = () => true }: { delivered?: (run: number) => boolean } = {}) {
  let states: AlertState[] = [];
  const told: string[] = [];
  for (const [run, word] of words.entries()) {
    const now = 1_800_000_000 + run * 5 * minute;
    const decided = decideAlertNews(states, [finding(word)], { now, remindSeconds });
    const outcomes = decided.news.map((news: AlertNews) => ({ news, delivered: delivered(run) }));
    for (const { news, delivered: arrived } of outcomes) told.push(`${run} ${news.kind}${arrived ? '' : ' lost'}`);
    states = settleNews(decided.states, outcomes, now);
  }
  return { told, states };
}

test('a message for each change of state, none while it lasts', () => {
  const { told } = tell(['ok', 'ok', 'warning', 'warning', 'warning', 'ok', 'ok']);
  assert.deepEqual(told, ['2 firing', '5 recovered']);
});

test('from warning to critical and back are changes', () => {
  assert.deepEqual(tell(['warning', 'critical', 'critical', 'warning', 'ok']).told, [
    '0 firing',
    '1 firing',
    '3 firing',
    '4 recovered',
  ]);
});

test('a reminder after four hours, and again after four more', () => {
  const { told } = tell(Array.from({ length: 100 }, () => 'critical'));
  assert.deepEqual(told, ['0 firing', '48 reminder', '96 reminder']);
});

test('no data is told, is not a recovery, and data again is', () => {
  assert.deepEqual(tell(['ok', 'blind', 'blind', 'ok']).told, ['1 no-data', '3 recovered']);
  assert.deepEqual(tell(['warning', 'blind', 'warning']).told, ['0 firing', '1 no-data', '2 firing']);
});

test('what cannot be decided stands as it stood', () => {
  assert.deepEqual(tell(['warning', 'undecided', 'undecided', 'ok']).told, ['0 firing', '3 recovered']);
  assert.deepEqual(tell(['undecided', 'undecided']), { told: [], states: [] });
});

test('what did not arrive is told again by the next run, a recovery too', () => {
  const lost = { delivered: (run: number) => run !== 0 && run !== 2 };
  assert.deepEqual(tell(['warning', 'warning', 'ok', 'ok', 'ok'], lost).told, [
    '0 firing lost',
    '1 firing',
    '2 recovered lost',
    '3 recovered',
  ]);
});

test('the same facts again tell nothing: a run that is run again', () => {
  const now = 1_800_000_000;
  const first = decideAlertNews([], [finding('warning')], { now, remindSeconds });
  const kept = settleNews(
    first.states,
    first.news.map((news) => ({ news, delivered: true })),
    now,
  );
  const again = decideAlertNews(kept, [finding('warning')], { now: now + 1, remindSeconds });
  assert.deepEqual([again.news, again.states], [[], kept]);
});
