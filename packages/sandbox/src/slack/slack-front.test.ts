import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LogLevel, WebClient } from '@slack/web-api';
import { IncomingWebhook } from '@slack/webhook';
import type { Sandbox } from '../sandbox-types.ts';
import { startSandbox } from '../start-sandbox.ts';

let sandbox: Sandbox;
let channel: string;
before(async () => {
  sandbox = await startSandbox({ postgres: false });
  channel = sandbox.description.slack.channelId;
});
after(() => sandbox.close());

const client = (token = sandbox.description.slack.token) =>
  new WebClient(token, {
    slackApiUrl: sandbox.description.slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

test('@slack/web-api posts, updates in place and replies in the thread', async () => {
  const { ts = '' } = await client().chat.postMessage({ channel, text: 'started', blocks: [section('started')] });
  await client().chat.update({ channel, ts, text: 'done', blocks: [section('done')] });
  await client().chat.postMessage({ channel, text: 'details', thread_ts: ts });
  const { messages = [] } = await client().conversations.replies({ channel, ts });
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['done', 'details'],
  );
});

test('tokens are checked as at Slack: HTTP 200 with ok false', async () => {
  await assert.rejects(client('xoxb-wrong').chat.postMessage({ channel, text: 'x' }), /: invalid_auth$/);
  const { apiUrl } = sandbox.description.slack;
  const answer = await fetch(`${apiUrl}chat.postMessage`, { method: 'POST', body: 'text=x' });
  assert.deepEqual([answer.status, await answer.json()], [200, { ok: false, error: 'not_authed' }]);
});

test('limits of blocks hold', async () => {
  const cases: [string, unknown[]][] = [
    ['invalid_blocks', Array.from({ length: 51 }, () => section('x'))],
    ['invalid_blocks', [section('x'.repeat(3_001))]],
    ['invalid_blocks', [section('')]],
    ['invalid_blocks', [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }]],
    [
      'invalid_blocks',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
    ],
    [
      'invalid_blocks',
      [{ type: 'section', fields: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
    ],
    ['msg_blocks_too_long', Array.from({ length: 5 }, () => section('x'.repeat(2_900)))],
  ];
  for (const [error, blocks] of cases) {
    await assert.rejects(
      client().chat.postMessage({ channel, text: 'x', blocks: blocks as never }),
      new RegExp(`: ${error}$`),
    );
  }
  await client().chat.postMessage({
    channel,
    text: 'x',
    blocks: Array.from({ length: 50 }, () => section('x')) as never,
  });
});

test('rate limits come by order, with Retry-After', async () => {
  sandbox.faults.order({
    service: 'slack',
    route: '/api/chat.postMessage',
    fault: { status: 429, headers: { 'retry-after': '2' }, body: { ok: false, error: 'ratelimited' } },
  });
  await assert.rejects(client().chat.postMessage({ channel, text: 'x' }), { retryAfter: 2 });
});

test('@slack/webhook delivers; unknown webhooks and bad payloads are refused in plain text', async () => {
  const { webhookUrl } = sandbox.description.slack;
  assert.deepEqual(await new IncomingWebhook(webhookUrl).send({ text: 'hello' }), { text: 'ok' });
  const post = async (url: string, body: string) => {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await post(`${webhookUrl}x`, '{"text":"x"}'), [404, 'no_service']);
  assert.deepEqual(await post(webhookUrl, 'not json'), [400, 'invalid_payload']);
  assert.deepEqual(await post(webhookUrl, '{}'), [400, 'no_text']);
});
