import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runner } from '#action-kit/runner';
import { loadConfig } from '#config/load-config';
import { startStrictSlack } from '#notify/testing/strict-slack';
import type { AlertNews } from '#observe/alerts/decide-alert-news';
import { type Alert, planAlerts } from '#observe/alerts/plan-alerts';
import type { Given } from '../src/plan-check.ts';
import { placesOf } from '../src/render-news.ts';
import { tellAlerts } from '../src/tell-alerts.ts';

/** Every limit of a preset, broken. */
async function brokenUnder(preset: string, more: string) {
  const text = `extends: ${preset}\n${more}`;
  const readReference = async () => assert.fail('nothing is fetched');
  const about = { file: 'ops.yml', text, environment: 'production', throwAway: false, readReference };
  const { settings } = await loadConfig(about);
  const { alerts } = planAlerts(settings.alerts ?? []);
  const broken = alerts.flatMap((alert) => alert.limits.map(({ rule }) => ({ alert, news: newsOf(alert, rule.text) })));
  return { settings, broken };
}

function newsOf({ key }: Alert, rule: string): AlertNews {
  const state = { key, rule, state: 'firing', since: 0 };
  return { kind: 'firing', before: undefined, finding: { said: rule }, state } as unknown as AlertNews;
}

/** Where each is told, and what it should be told to besides and cannot be. */
async function placesUnder(preset: string, channel: string): Promise<Record<string, string>> {
  const { settings, broken } = await brokenUnder(preset, `slack: ${channel}`);
  const told = broken.map(({ alert, news }) => {
    const { channels, others } = placesOf(news, alert, settings, undefined);
    return [news.state.rule, [...channels, ...others].join(', ')];
  });
  return Object.fromEntries(told);
}

test('staging-branch: each alert goes to its own channel (ALR-01)', async () => {
  assert.deepEqual(await placesUnder('staging-branch', 'C0DEPLOYMENTS'), {
    'error-rate above 2%': '#incidents',
    'error-rate above 50%': '#incidents',
    'api-response-time above 3s': '#engineering',
    'database-cpu above 80%': '#devops',
    'health-failures 2 times in a row': 'C0DEPLOYMENTS',
  });
});

test('tag-release: what has no channel of its own goes to the one of slack (ALR-02)', async () => {
  assert.deepEqual(await placesUnder('tag-release', 'C0ALERTS'), {
    'error-rate above 1%': '#critical',
    'p95 above 2s': '#alerts',
    'memory above 85%': '#alerts',
    'availability below 99.9%': 'C0ALERTS',
    'database-cpu above 80%': 'C0ALERTS',
  });
});

test('blue-green: by severity, and what cannot be told is named (ALR-03)', async () => {
  const places = await placesUnder('blue-green', 'C0MONITORING');
  assert.deepEqual(
    [places['error-rate above 1%'], places['error-rate above 5%']],
    ['#monitoring', '#incidents-critical, sms of route critical'],
  );
  assert.deepEqual(new Set(Object.values(places)).size, 2);
});

test('push-to-main with one webhook: each alert arrives there (ALR-04)', async () => {
  const { settings, broken } = await brokenUnder('push-to-main', 'slack: C0TEAM');
  const [news, alerts] = [broken.map((each) => each.news), broken.map((each) => each.alert)];
  const runner = {
    context: { runUrl: '' },
    clock: { now: () => 0 },
    signal: new AbortController().signal,
    logger: { debug: () => {} },
  } as unknown as Runner;
  await using slack = await startStrictSlack();
  const given = { slackWebhookUrl: slack.webhookUrl, slackApiUrl: slack.apiUrl } as Given;
  const { told, missed } = await tellAlerts(runner, given, settings, news, alerts);
  assert.deepEqual([missed, told.every(({ delivered }) => delivered)], [[], true]);
  assert.ok(news.length >= 4);
  assert.equal(slack.messages.length, news.length);
  for (const [index, { state }] of news.entries())
    assert.ok(JSON.stringify(slack.messages[index]?.body).includes(String(state.rule)), state.rule);
  assert.deepEqual(new Set(Object.values(await placesUnder('push-to-main', 'C0TEAM'))), new Set(['C0TEAM']));
});
