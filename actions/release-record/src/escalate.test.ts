import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createEmulator } from 'emulate';
import type { EnvironmentSettings } from '#config/settings';
import { escalate } from './escalate.ts';

const emulator = await createEmulator({ service: 'slack', port: 0 });
after(() => emulator.close());
// The channel that emulate's Slack always has.
const channel = 'C000000001';
const logger = { debug: () => {} } as unknown as Parameters<typeof escalate>[0]['logger'];
const runner = { environment: () => undefined, signal: new AbortController().signal, logger };
const given = { slackBotToken: 'test_token_admin', slackApiUrl: `${emulator.url}/api/` };
const settings = (others: string[] = []): Pick<EnvironmentSettings, 'release' | 'notifications'> => ({
  release: { escalateTo: 'lead' },
  notifications: { routes: { lead: { slack: [channel], others } } },
});
const news = {
  phase: 'rollback-failed' as const,
  version: 'v1.1.0',
  environment: 'production',
  summary: 'the rollback step did not finish',
  links: [{ label: 'Run', url: 'https://github.com/acme/web/actions/runs/1' }],
};
const once = { key: '42:production:7001', since: Date.now() };

async function told(): Promise<string[]> {
  const headers = { authorization: 'Bearer test_token_admin', 'content-type': 'application/json' };
  const body = JSON.stringify({ channel, limit: 100 });
  const answer = await fetch(`${emulator.url}/api/conversations.history`, { method: 'POST', headers, body });
  const { messages } = (await answer.json()) as { messages: { text: string }[] };
  return messages.map(({ text }) => text).filter((text) => text.includes('Escalation'));
}

test('A rollback that failed is told to the next contact once, whichever step ends the release (ARB-16)', async () => {
  assert.deepEqual(await escalate(runner, given, settings(), { ...news, phase: 'rolled-back' as never }, once), []);
  assert.deepEqual(await told(), []);
  assert.deepEqual(await escalate(runner, given, settings(), news, once), []);
  const sick = { ...news, summary: 'Rolled back to v1.0.0, and that is sick as well' };
  assert.deepEqual(await escalate(runner, given, settings(), sick, once), []);
  const [only, ...more] = await told();
  assert.equal(more.length, 0);
  assert.match(only ?? '', /Escalation: the rollback of v1\.1\.0 on production needs a person now.*sick as well/s);
});

test('A route that cannot be told is said: without a bot token, and by ways that this version does not take', async () => {
  const silent = await escalate(runner, { ...given, slackBotToken: undefined }, settings(['pagerduty']), news, once);
  assert.deepEqual(silent, [
    'This version does not escalate by pagerduty, which route lead names',
    'Route lead was not told: it needs slack-bot-token',
  ]);
  assert.deepEqual(await escalate(runner, given, { release: {} }, news, once), []);
});
