import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/random.ts';
import type { Bucket } from '../bucket.ts';
import { type AlertState, decideAlertNews, settleNews } from './decide-alert-news.ts';
import { judgeAlert } from './judge-alert.ts';
import { planAlerts } from './plan-alerts.ts';

const minutes = 15;
const everyMinutes = 5;
const days = 5;
const [alert] = planAlerts([{ when: 'error-rate above 1%' }]).alerts;

/** Messages "firing" in so many days of runs every five minutes, of an app that fails at a steady rate. */
function simulate(rate: number, requests: number, rho: number, seed: number): number {
  assert.ok(alert);
  const random = new Random(seed);
  const buckets: Bucket[] = [];
  let states: AlertState[] = [];
  let messages = 0;
  for (let minute = 0; minute < days * 1440; minute += 1) {
    buckets.push({ start: minute * 60, end: minute * 60 + 60, ...random.interval(requests, rate, rho) });
    if (buckets.length > minutes) buckets.shift();
    if (buckets.length < minutes || minute % everyMinutes !== 0) continue;
    const now = minute * 60 + 60;
    const window = { source: 'simulated', buckets, startedAt: now - minutes * 60, intervalSeconds: 60 };
    const facts = {
      now,
      windows: [window],
      combine: 'primary',
      blind: '',
      unread: '',
      readings: [],
      minRequests: 20,
    } as const;
    const decided = decideAlertNews(states, [judgeAlert(alert, facts)], { now, remindSeconds: 1e9 });
    messages += decided.news.filter(({ kind }) => kind === 'firing').length;
    const told = decided.news.map((news) => ({ news, delivered: true }));
    states = settleNews(decided.states, told, now);
  }
  return messages;
}

// The table in docs/how-to/alerts.md is twenty days of each of these, seed 7; here half of them for less time.
for (const { requests, rho } of [
  { requests: 20, rho: 0 },
  { requests: 200, rho: 0 },
  { requests: 200, rho: 0.01 },
]) {
  test(`half of the limit, ${requests} requests a minute, correlation ${rho}: at most one false alarm in five days`, () => {
    assert.ok(simulate(0.005, requests, rho, 7) <= 1);
  });
}

test('three times the limit is told once and stays', () => {
  assert.equal(simulate(0.03, 200, 0.01, 7), 1);
});
