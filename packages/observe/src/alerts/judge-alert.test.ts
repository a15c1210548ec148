import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '#config/load-config';
import type { AlertSettings } from '#config/settings';
import type { Bucket } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { decideAlertNews } from './decide-alert-news.ts';
import { type AlertFacts, judgeAlert, type OwnChecks } from './judge-alert.ts';
import { noteOpenings, type Openings } from './openings.ts';
import { planAlerts } from './plan-alerts.ts';
import { addRound, type Uptime } from './uptime.ts';

const presets = ['staging-branch', 'tag-release', 'push-to-main', 'validated-pipeline', 'blue-green'];

/** The alerts of a file that says no more than the name of its preset. */
async function alertsOf(preset: string): Promise<AlertSettings[]> {
  const readReference = async () => assert.fail('nothing is fetched');
  const about = { file: 'ops.yml', text: `extends: ${preset}`, environment: '', throwAway: true, readReference };
  const { settings } = await loadConfig(about);
  return settings.alerts ?? [];
}

const now = 1_800_000_000;
const minutes = 15;

function facts(part: { rate?: number; p95?: number; requests?: number } & Partial<AlertFacts>): AlertFacts {
  const { rate = 0, p95, requests = 2000, ...rest } = part;
  const buckets = Array.from({ length: minutes }, (_, index): Bucket => {
    const start = now - (minutes - index) * 60;
    return { start, end: start + 60, requests, errors: Math.round(rate * requests), ...(p95 !== undefined && { p95 }) };
  });
  const window = { source: 'datadog', buckets, startedAt: now - minutes * 60, intervalSeconds: 60 };
  return {
    now,
    windows: [window],
    combine: 'primary',
    blind: 'nobody counts',
    unread: '',
    readings: [],
    minRequests: 20,
    ...rest,
  };
}

/** The broken limit of every alert that fires. */
function firing(given: readonly AlertSettings[], known: AlertFacts): string[] {
  return planAlerts(given).alerts.flatMap((alert) => {
    const { state, limit } = judgeAlert(alert, known);
    return state === 'firing' ? [limit?.rule.text ?? ''] : [];
  });
}

describe('each preset fires at its own limits only', () => {
  const slow: Record<string, Record<number, string[]>> = {
    'staging-branch': { 450: [], 600: [], 2100: [], 3100: ['api-response-time above 3s'] },
    'tag-release': { 450: [], 600: [], 2100: ['p95 above 2s'], 3100: ['p95 above 2s'] },
    'push-to-main': { 450: [], 600: [], 2100: ['p95 above 2s'], 3100: ['p95 above 2s'] },
    'validated-pipeline': { 450: [], 600: [], 2100: [], 3100: [] },
    'blue-green': { 450: [], 600: ['p95 above 500ms'], 2100: ['p95 above 2000ms'], 3100: ['p95 above 2000ms'] },
  };
  const failing: Record<string, Record<number, string[]>> = {
    'staging-branch': { 0.009: [], 0.015: [], 0.03: ['error-rate above 2%'], 0.06: ['error-rate above 2%'] },
    'tag-release': {
      0.009: [],
      0.015: ['error-rate above 1%'],
      0.03: ['error-rate above 1%'],
      0.06: ['error-rate above 1%'],
    },
    'push-to-main': {
      0.009: [],
      0.015: ['error-rate above 1%'],
      0.03: ['error-rate above 1%'],
      0.06: ['error-rate above 1%'],
    },
    'validated-pipeline': { 0.009: [], 0.015: [], 0.03: [], 0.06: ['error-rate above 5%'] },
    'blue-green': {
      0.009: [],
      0.015: ['error-rate above 1%'],
      0.03: ['error-rate above 1%'],
      0.06: ['error-rate above 5%'],
    },
  };
  for (const preset of presets) {
    for (const [p95, expected] of Object.entries(slow[preset] ?? {}))
      test(`${preset}: p95 of ${p95} ms`, async () => {
        assert.deepEqual(firing(await alertsOf(preset), facts({ p95: Number(p95) })), expected);
      });
    for (const [rate, expected] of Object.entries(failing[preset] ?? {}))
      test(`${preset}: error rate of ${(Number(rate) * 100).toFixed(1)} %`, async () => {
        const fired = firing(await alertsOf(preset), facts({ rate: Number(rate), p95: 100 }));
        assert.deepEqual(fired, expected);
      });
  }
});

const reading = (metric: string, value: number): Reading => {
  return { metric, value, unit: 'share', at: now, source: 'prometheus' };
};

test('database CPU of 81 % and memory of 86 % fire under the presets that name them', async () => {
  const readings = [reading('database-cpu', 0.81), reading('memory', 0.86)];
  const known = facts({ p95: 100, readings });
  assert.deepEqual(firing(await alertsOf('tag-release'), known), ['database-cpu above 80%', 'memory above 85%']);
  assert.deepEqual(firing(await alertsOf('staging-branch'), known), ['database-cpu above 80%']);
  const calm = [reading('database-cpu', 0.8), reading('memory', 0.85)];
  assert.deepEqual(firing(await alertsOf('tag-release'), facts({ p95: 100, readings: calm })), []);
});

test('81 of 100 connections warn, 96 are critical: one alert with its strictest broken limit', async () => {
  const given = await alertsOf('blue-green');
  const levelAt = (value: number) => {
    const alert = planAlerts(given).alerts.find(({ key }) => key === 'database-pool above');
    assert.ok(alert);
    const { limit, said } = judgeAlert(alert, facts({ readings: [reading('database-pool', value)] }));
    return [limit?.level, limit?.route, said];
  };
  assert.deepEqual(levelAt(0.81), ['P3', 'medium', 'database-pool 81.0 % is above the limit of 80.0 %']);
  assert.deepEqual(levelAt(0.96), ['P1', 'critical', 'database-pool 96.0 % is above the limit of 95.0 %']);
  assert.deepEqual(levelAt(0.79)[0], undefined);
});

/** As after a round in which something was sent. */
function own(uptime: Uptime): { checks: OwnChecks } {
  return { checks: { uptime, ran: 1, unsent: '' } };
}

function checked(ran: number, failed: number): Uptime {
  let uptime: Uptime = { days: [], failedInRow: 0 };
  for (let index = 0; index < ran; index += 1)
    uptime = addRound(uptime, { at: now - index * 60, ran: 1, failed: index >= ran - failed ? 1 : 0 });
  return uptime;
}

test('availability: 2 failures in 1000 checks fire, 1 in 1001 does not, and one of three is not an outage yet', async () => {
  const given = (await alertsOf('tag-release')).filter(({ when }) => when.startsWith('availability'));
  const [alert] = planAlerts(given).alerts;
  assert.ok(alert);
  const judged = (ran: number, failed: number) => judgeAlert(alert, facts(own(checked(ran, failed))));
  assert.deepEqual([judged(1000, 2).state, judged(1001, 1).state], ['firing', 'ok']);
  assert.equal(judged(1000, 2).said, 'availability 99.8 % (2 of 1000 checks failed, 30 days) is below 99.9 %');
  assert.deepEqual([judged(3, 1).state, judged(3, 1).reasonCode], ['undecided', 'too_few_checks']);
  assert.equal(judged(3, 2).state, 'firing');
  assert.equal(judgeAlert(alert, facts({})).reasonCode, 'no_checks');
});

test('two failed rounds in a row fire at once', async () => {
  const given = (await alertsOf('staging-branch')).filter(({ when }) => when.startsWith('health-failures'));
  const round = (uptime: Uptime, failed: number) => addRound(uptime, { at: now, ran: 3, failed });
  const once = round({ days: [], failedInRow: 0 }, 1);
  assert.deepEqual(firing(given, facts(own(once))), []);
  assert.deepEqual(firing(given, facts(own(round(once, 3)))), ['health-failures 2 times in a row']);
  assert.deepEqual(firing(given, facts(own(round(round(once, 1), 0)))), []);
});

test('where no check could be sent nothing is fine, whatever earlier rounds saw, and people are reminded of it', () => {
  const { alerts } = planAlerts([{ when: 'health-failures 2 times in a row' }, { when: 'availability below 99.9%' }]);
  const unsent = 'the deployment is protected';
  for (const uptime of [{ days: [], failedInRow: 0 }, checked(2000, 0), checked(2000, 2000)]) {
    const found = alerts.map((alert) => judgeAlert(alert, facts({ checks: { uptime, ran: 0, unsent } })));
    for (const { state, reasonCode, said } of found) {
      assert.deepEqual([state, reasonCode], ['no-data', 'checks_not_sent']);
      assert.equal(said, `none of our own checks could be sent: ${unsent}`);
    }
    const states = found.map(({ key }) => ({ key, state: 'no-data' as const, since: now - 9000, toldAt: now - 9000 }));
    const { news } = decideAlertNews(states, found, { now, remindSeconds: 3600 });
    assert.deepEqual(
      news.map(({ kind }) => kind),
      ['reminder', 'reminder'],
    );
  }
});

test('nothing, too little and no response times are told apart, and none of them is fine', () => {
  const [rate, p95] = planAlerts([{ when: 'error-rate above 1%' }, { when: 'p95 above 2s' }]).alerts;
  assert.ok(rate && p95);
  const stateOf = (alert: typeof rate, known: AlertFacts) => {
    const { state, reasonCode } = judgeAlert(alert, known);
    return [state, reasonCode];
  };
  assert.deepEqual(stateOf(rate, facts({ windows: [] })), ['no-data', 'source_blind']);
  assert.deepEqual(stateOf(rate, facts({ requests: 1 })), ['undecided', 'too_little_traffic']);
  assert.deepEqual(stateOf(p95, facts({})), ['no-data', 'no_response_times']);
  // One error above the limit is no evidence, and no recovery either.
  const thin = facts({ requests: 4 });
  const window = thin.windows[0];
  assert.ok(window);
  const buckets = window.buckets.map((bucket, index) => ({ ...bucket, errors: index === 3 ? 1 : 0 }));
  assert.deepEqual(stateOf(rate, { ...thin, windows: [{ ...window, buckets }] }), ['undecided', 'undecided']);
});

test('several sources: the first, any or all of them', () => {
  const [rate] = planAlerts([{ when: 'error-rate above 1%' }]).alerts;
  const [calm, sick] = [facts({}).windows, facts({ rate: 0.05 }).windows];
  assert.ok(rate);
  const stateOf = (combine: AlertFacts['combine'], windows: AlertFacts['windows']) =>
    judgeAlert(rate, facts({ combine, windows })).state;
  assert.deepEqual([stateOf('primary', [...calm, ...sick]), stateOf('primary', [...sick, ...calm])], ['ok', 'firing']);
  assert.deepEqual([stateOf('any', [...calm, ...sick]), stateOf('any', calm)], ['firing', 'ok']);
  assert.deepEqual([stateOf('all', [...calm, ...sick]), stateOf('all', [...sick, ...sick])], ['ok', 'firing']);
});

test('a limit is compared with what was counted over its own period, and with nothing else', () => {
  const { alerts } = planAlerts([
    { when: 'auth-failures above 10 per 1m' },
    { when: 'auth-failures above 100 per 1h' },
    { when: 'usage above 500 per 1h' },
    { when: 'usage normal' },
  ]);
  const told = (metric: string, value: number, periodMs: number): Reading => {
    return { metric, value, unit: 'count', at: now, source: 'sql', periodMs };
  };
  const hour = 3_600_000;
  const statesOf = (readings: Reading[]) =>
    alerts.map((alert) => judgeAlert(alert, facts({ readings }))).map(({ state, reasonCode }) => [state, reasonCode]);
  const usual = [100, 100, 100, 100, 100];
  const counted = [told('auth-failures', 40, hour), { ...told('usage', 1000, hour), usual }];
  assert.deepEqual(statesOf(counted), [
    ['no-data', 'no_source'],
    ['ok', 'within_limit'],
    ['firing', 'above_limit'],
    ['firing', 'unusual'],
  ]);
  assert.deepEqual(statesOf([told('auth-failures', 11, 60_000), ...counted])[0], ['firing', 'above_limit']);
  // What says nothing of a period is taken as it is told.
  const { periodMs: _, ...bare } = told('auth-failures', 101, 0);
  assert.deepEqual(statesOf([bare]).slice(0, 2), [
    ['firing', 'above_limit'],
    ['firing', 'above_limit'],
  ]);
});

test('ten times the usual is a spike, twice is not, and few days decide nothing', () => {
  const [usage] = planAlerts([{ when: 'usage normal' }]).alerts;
  assert.ok(usage);
  const judged = (value: number, usual: number[]) =>
    judgeAlert(usage, facts({ readings: [{ metric: 'usage', value, unit: 'count', at: now, source: 'sql', usual }] }));
  const days = [100, 90, 110, 95, 105, 100, 120];
  assert.deepEqual([judged(1000, days).state, judged(200, days).state], ['firing', 'ok']);
  assert.match(
    judged(1000, days).said,
    /usage 1000, at the same time of 7 days before 100 \(median\): more than 3 times/,
  );
  assert.equal(judged(1000, [100, 100]).reasonCode, 'no_history');
  // Of next to nothing three times is still chance.
  assert.equal(judged(4, [1, 1, 0, 1, 2]).state, 'ok');
  assert.equal(judgeAlert(usage, facts({})).reasonCode, 'no_source');
  assert.equal(judgeAlert(usage, facts({ unread: 'sql: refused' })).reasonCode, 'source_blind');
});

test('an exhausted pool is a gauge at its end', async () => {
  const given = await alertsOf('push-to-main');
  assert.deepEqual(firing(given, facts({ readings: [reading('database-pool', 1)] })), ['database-pool-exhausted']);
  assert.deepEqual(firing(given, facts({ readings: [reading('database-pool', 0.97)] })), []);
});

test('a breaker that opens once warns, three openings in five minutes are critical, an open one is one opening', async () => {
  const alert = planAlerts(await alertsOf('blue-green')).alerts.find(({ kind }) => kind === 'openings');
  assert.ok(alert);
  let openings: Openings = { open: [], at: [] };
  const look = (second: number, names: string[]) => {
    const at = now + second;
    const told: Reading = {
      metric: 'circuit-breaker-opens',
      value: names.length,
      unit: 'count',
      at,
      source: 'json-values',
      names,
    };
    openings = noteOpenings(openings, told, at);
    const { state, limit } = judgeAlert(alert, facts({ now: at, openings }));
    return [state, limit?.level];
  };
  assert.deepEqual(look(0, []), ['ok', undefined]);
  assert.deepEqual(look(30, ['openai']), ['firing', 'P3']);
  assert.deepEqual(look(60, ['openai']), ['firing', 'P3']);
  assert.deepEqual(look(90, []), ['firing', 'P3']);
  assert.deepEqual(look(120, ['openai']), ['firing', 'P3']);
  assert.deepEqual(look(150, ['openai', 'google_ai']), ['firing', 'P1']);
  assert.deepEqual(look(340, ['openai', 'google_ai']), ['firing', 'P3']);
  assert.deepEqual(look(800, ['openai']), ['ok', undefined]);
  assert.equal(judgeAlert(alert, facts({})).reasonCode, 'no_source');
});

test('a counter of openings counts by its growth, also after a restart', () => {
  const counter = (value: number): Reading => ({
    metric: 'circuit-breaker-opens',
    value,
    unit: 'count',
    at: now,
    source: 'json-values',
  });
  const first = noteOpenings({ open: [], at: [] }, counter(7), now);
  assert.deepEqual(first, { open: [], total: 7, at: [] });
  const grown = noteOpenings(first, counter(9), now + 10);
  assert.equal(grown.at.length, 2);
  assert.equal(noteOpenings(grown, counter(1), now + 20).at.length, 3);
});

test('failed requests that the logs name stand beside a broken limit', () => {
  const [rate] = planAlerts([{ when: 'error-rate above 1%' }]).alerts;
  assert.ok(rate);
  const url = 'https://traces.example.com/req_1';
  const sample: Reading = {
    metric: 'failed-request',
    value: 1,
    unit: 'count',
    at: now,
    source: 'datadog',
    about: 'req_1',
    url,
  };
  const samplesAt = (share: number) => judgeAlert(rate, facts({ rate: share, readings: [sample] })).samples;
  assert.deepEqual([samplesAt(0.05), samplesAt(0)], [[{ said: 'failed request req_1', url }], undefined]);
});

test('what nothing judges is named', async () => {
  assert.deepEqual(planAlerts(await alertsOf('push-to-main')).notJudged, []);
  const { notJudged } = planAlerts([{ when: 'p50 above 1s' }, { when: 'data-loss' }, { when: 'p95 normal' }]);
  assert.deepEqual(
    notJudged.map((line) => /"(.*)"/.exec(line)?.[1]),
    ['p50 above 1s', 'data-loss', 'p95 normal'],
  );
});
