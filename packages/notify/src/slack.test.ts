import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createEmulator } from 'emulate';
import { renderNote } from './render-release.ts';
import { createSlack, type Slack } from './slack.ts';
import { startStrictSlack } from './testing/strict-slack.ts';

const note = renderNote({ status: 'running', title: 'Release v1.2.0', text: 'on its way' });
const emulator = await createEmulator({ service: 'slack', port: 0 });
after(() => emulator.close());
// The channel that emulate's Slack always has; its name would give channel_not_found.
const channel = 'C000000001';

/** The Web API of emulate as any client sees it. */
async function ask(method: string, body: object): Promise<{ messages: Record<string, unknown>[] }> {
  const headers = { authorization: 'Bearer test_token_admin', 'content-type': 'application/json' };
  const answer = await fetch(`${emulator.url}/api/${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as { messages: Record<string, unknown>[] };
}

test('against emulate: one message, edited in place, its details in the thread', async () => {
  const slack = createSlack({ apiUrl: `${emulator.url}/api/`, token: 'test_token_admin', channel });
  const posted = await slack.postMessage(note);
  assert.ok(posted.delivered && posted.ts && posted.channel === channel && !posted.updated);
  const edited = await slack.updateMessage({
    channel,
    ts: posted.ts,
    ...renderNote({ status: 'success', title: 'Done' }),
  });
  assert.deepEqual(edited, { delivered: true, updated: true, ts: posted.ts, channel });
  const replied = await slack.replyInThread({ channel, ts: posted.ts, text: 'first line\nsecond <!channel> line' });
  assert.equal(replied.delivered, true);
  const { messages } = await ask('conversations.replies', { channel, ts: posted.ts });
  assert.deepEqual(
    messages.map(({ text }) => text),
    ['✅ Done', 'first line\nsecond &lt;!channel&gt; line'],
  );
});

test('against emulate: a message with a key is posted once, the second time it is edited', async () => {
  const slack = createSlack({ apiUrl: `${emulator.url}/api/`, token: 'test_token_admin', channel });
  const once = { key: '42:production:7001', since: Date.now() };
  const first = await slack.postMessage(note, once);
  const second = await slack.postMessage(renderNote({ status: 'success', title: 'Again' }), once);
  assert.ok(first.delivered && second.delivered);
  assert.deepEqual([first.updated, second.updated, second.ts], [false, true, first.ts]);
  const other = await slack.postMessage(note, { ...once, key: '42:production:7002' });
  assert.ok(other.delivered && other.ts !== first.ts);
});

test('against emulate: a webhook delivers, and what it cannot do becomes a further message', async () => {
  const { messages: before } = await ask('conversations.history', { channel, limit: 1000 });
  const slack = createSlack({
    apiUrl: 'http://127.0.0.1:1/',
    webhookUrl: `${emulator.url}/services/T000000001/B000000001/X000000001`,
  });
  const place = { channel: '', ts: '' };
  const deliveries = [
    await slack.postMessage(note),
    await slack.updateMessage({ ...place, ...note }),
    await slack.replyInThread({ ...place, text: 'evidence' }),
  ];
  assert.deepEqual(deliveries, Array(3).fill({ delivered: true, updated: false }));
  const { messages } = await ask('conversations.history', { channel, limit: 1000 });
  assert.equal(messages.length - before.length, 3);
});

const strict = async () => {
  const server = await startStrictSlack();
  const slack = createSlack({ apiUrl: server.apiUrl, token: server.token, channel: 'C01' });
  return { server, slack, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

test('429 with Retry-After is waited for and the message arrives once', async () => {
  await using given = await strict();
  given.server.faults.push({ status: 429, headers: { 'retry-after': '1' } });
  const startedAt = performance.now();
  const delivery = await given.slack.postMessage(note);
  assert.equal(delivery.delivered, true);
  assert.ok(performance.now() - startedAt >= 950);
  assert.equal(given.server.messages.length, 1);
});

test('a Retry-After longer than a message is worth is not waited for', async () => {
  await using given = await strict();
  given.server.faults.push({ status: 429, headers: { 'retry-after': '30' } });
  const startedAt = performance.now();
  const delivery = await given.slack.postMessage(note);
  assert.ok(performance.now() - startedAt < 10_000);
  assert.ok(!delivery.delivered);
  assert.equal(delivery.reasonCode, 'rate_limited');
});

test('a post whose answer is lost is not sent again; with its key the next attempt finds it', async () => {
  await using given = await strict();
  const once = { key: 'k', since: Date.now() };
  given.server.faults.push({ loseAnswer: true });
  const lost = await given.slack.postMessage(note);
  assert.ok(!lost.delivered);
  assert.match(lost.message, /may have arrived all the same/);
  assert.equal(given.server.messages.length, 1);
  // The lookup answers, the post does not.
  const client = given.slack;
  given.server.messages.length = 0;
  await client.postMessage(note, once);
  const again = await client.postMessage(note, once);
  assert.ok(again.delivered && again.updated);
  assert.equal(given.server.messages.length, 1);
});

test('an edit whose answer is lost is repeated', async () => {
  await using given = await strict();
  const posted = await given.slack.postMessage(note);
  assert.ok(posted.delivered && posted.ts);
  given.server.faults.push({ loseAnswer: true });
  const edited = await given.slack.updateMessage({ channel: 'C01', ts: posted.ts, ...note });
  assert.ok(edited.delivered && edited.updated);
});

test('a token that may not look says so and posts', async () => {
  await using given = await strict();
  given.server.mayRead = false;
  const delivery = await given.slack.postMessage(note, { key: 'k', since: Date.now() });
  assert.ok(delivery.delivered);
  assert.match(delivery.note ?? '', /could not be looked for \(missing_scope\).*channels:history/);
});

test('a message that is gone is followed by a new one', async () => {
  await using given = await strict();
  const delivery = await given.slack.updateMessage({ channel: 'C01', ts: '1.000001', ...note });
  assert.ok(delivery.delivered && !delivery.updated);
  assert.match(delivery.note ?? '', /is gone; a new one was posted/);
});

test('blocks that Slack refuses do not lose the text', async () => {
  await using given = await strict();
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }];
  const delivery = await given.slack.postMessage({ text: 'the text', blocks });
  assert.equal(delivery.delivered, true);
  assert.deepEqual(
    given.server.messages.map(({ body }) => [body.text, body.blocks]),
    [['the text', undefined]],
  );
  const many = Array.from({ length: 51 }, () => ({ type: 'divider' }));
  await given.slack.postMessage({ text: 'many', blocks: many });
  assert.equal(given.server.requests.length, 3, 'blocks beyond the known limits are not even sent');
});

for (const { name, fault, code, message } of [
  {
    name: 'ok:false',
    fault: { body: '{"ok":false,"error":"not_in_channel"}' },
    code: 'not_in_channel',
    message: /invite it with \/invite/,
  },
  {
    name: 'an unknown error',
    fault: { body: '{"ok":false,"error":"fatal_error"}' },
    code: 'fatal_error',
    message: /Slack answered fatal_error/,
  },
  {
    name: 'a hostile error',
    fault: { body: '{"ok":false,"error":"::error::x"}' },
    code: 'unknown_error',
    message: /unknown_error/,
  },
  {
    name: 'HTTP 500',
    fault: { status: 500, body: 'down\u001b[31m' },
    code: 'http_500',
    message: /HTTP 500 \(Slack says: down\)/,
  },
  {
    name: 'a page instead of JSON',
    fault: { body: '<html>proxy</html>' },
    code: 'invalid_json',
    message: /check slack-api-url/,
  },
  { name: 'JSON null', fault: { body: 'null' }, code: 'unknown_error', message: /unknown_error/ },
  {
    name: 'a redirect',
    fault: { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    code: 'http_302',
    message: /HTTP 302/,
  },
]) {
  test(`${name} is a failed delivery with a reason, never an exception`, async () => {
    await using given = await strict();
    given.server.faults.push(fault);
    const delivery = await given.slack.postMessage(note);
    assert.ok(!delivery.delivered);
    assert.equal(delivery.reasonCode, code);
    assert.match(delivery.message, message);
  });
}

for (const { name, options, code } of [
  { name: 'nothing configured', options: {}, code: 'not_configured' },
  { name: 'a token without channel', options: { token: 'xoxb-1' }, code: 'no_channel' },
  { name: 'a webhook that is no address', options: { webhookUrl: 'secret words' }, code: 'invalid_webhook' },
  {
    name: 'a webhook without https',
    options: { webhookUrl: 'http://hooks.example.com/services/x' },
    code: 'invalid_webhook',
  },
  { name: 'nobody listening', options: { webhookUrl: 'http://127.0.0.1:1/services/x' }, code: 'connection' },
]) {
  test(`${name}: nothing is delivered and nothing thrown`, async () => {
    const slack: Slack = createSlack({ apiUrl: 'http://127.0.0.1:1/', ...options });
    const delivery = await slack.postMessage(note);
    assert.ok(!delivery.delivered);
    assert.equal(delivery.reasonCode, code);
  });
}

test('a removed webhook is named by what Slack says; its address is in no message and no log line', async () => {
  await using server = await startStrictSlack();
  const lines: string[] = [];
  const webhookUrl = `${server.webhookUrl}gone`;
  server.faults.push({ status: 503 });
  const slack = createSlack({ apiUrl: server.apiUrl, webhookUrl, log: (line) => lines.push(line) });
  const delivery = await slack.postMessage(note);
  assert.ok(!delivery.delivered);
  assert.equal(delivery.reasonCode, 'no_service');
  assert.ok(!`${delivery.message}${lines.join()}`.includes('secretsecret'));
});

test('an aborted run ends a delivery at once', async () => {
  await using server = await startStrictSlack();
  server.faults.push({ status: 429, headers: { 'retry-after': '8' } });
  const slack = createSlack({
    apiUrl: server.apiUrl,
    token: server.token,
    channel: 'C01',
    signal: AbortSignal.timeout(100),
  });
  const startedAt = performance.now();
  const delivery = await slack.postMessage(note);
  assert.ok(performance.now() - startedAt < 5_000);
  assert.ok(!delivery.delivered);
});
