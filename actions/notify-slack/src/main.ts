import { slackAddress } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { renderNote } from '#notify/render-release';
import { createSlack, type Delivery } from '#notify/slack';
import { inputs } from './inputs.ts';

/** Posts, updates or answers one message. A failed delivery is a warning: it never breaks a release. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { token, webhookUrl, messageId, thread } = given;
  const wantsSettings = given.channel === undefined && given.environment !== undefined;
  const channel = given.channel ?? (wantsSettings ? (await loadSettings(runner, given)).slack.channel : undefined);
  check({ token, webhookUrl, channel, messageId, thread });
  const slack = createSlack({
    token,
    webhookUrl,
    channel,
    apiUrl: slackAddress(runner, given),
    signal: runner.signal,
    log: runner.logger.debug,
  });
  const note = renderNote({ status: given.status, title: given.title, text: given.text });
  const place = { channel: channel ?? '' };
  const delivery =
    messageId !== undefined
      ? await slack.updateMessage({ ...place, ts: messageId, ...note })
      : thread !== undefined
        ? await slack.replyInThread({
            ...place,
            ts: thread,
            text: [given.title, ...(given.text ?? '').split('\n')].join('\n'),
          })
        : await slack.postMessage(note);
  if (!delivery.delivered) return notDelivered(delivery);
  const head = thread ?? delivery.ts;
  const details = given.details ?? [];
  if (details.length > 0 && (head !== undefined || token === undefined)) {
    const reply = await slack.replyInThread({ ...place, ts: head ?? '', text: details.join('\n') });
    if (!reply.delivered) return { ...notDelivered(reply), outputs: idsOf(delivery) };
  }
  if (delivery.note !== undefined) runner.logger.notice(`Slack: ${delivery.note}`);
  const decision = delivery.updated ? 'updated' : 'sent';
  const summary = `Slack message ${decision}${delivery.channel === undefined ? '' : ` in ${delivery.channel}`}`;
  return { decision, reasonCode: decision, summary, failed: false, outputs: idsOf(delivery) };
}

function check(given: Record<'token' | 'webhookUrl' | 'channel' | 'messageId' | 'thread', string | undefined>): void {
  const problems: { name: string; message: string }[] = [];
  const { token, webhookUrl, channel, messageId, thread } = given;
  if (token === undefined && webhookUrl === undefined) {
    problems.push({
      name: 'token',
      message: 'is missing: give a bot token with a channel, or an incoming webhook as webhook-url',
    });
  }
  if (token !== undefined && channel === undefined) {
    problems.push({
      name: 'channel',
      message: 'is needed with a bot token: its id (C…), here or as slack.channel in .github/ops.yml',
    });
  }
  if (token === undefined && (messageId !== undefined || thread !== undefined)) {
    problems.push({
      name: 'message-id',
      message: 'needs a bot token: what a webhook posts can neither be updated nor answered',
    });
  }
  if (problems.length > 0) throw new InputError(problems);
}

function notDelivered(delivery: Extract<Delivery, { delivered: false }>): Result {
  const summary = `Slack was not told: ${delivery.message}`;
  return { decision: 'not-delivered', reasonCode: delivery.reasonCode, summary, failed: false, warning: true };
}

function idsOf(delivery: { ts?: string; channel?: string }): Record<string, string> {
  return { 'message-id': delivery.ts ?? '', 'channel-id': delivery.channel ?? '' };
}
