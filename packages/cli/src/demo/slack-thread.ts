import { createHttpClient } from '#http/client';
import type { SlackMessage } from './demo-result.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

interface RawBlock {
  type: string;
  text?: { text?: string };
  elements?: { text?: string }[];
}

interface RawMessage {
  ts: string;
  blocks?: RawBlock[];
  thread_ts?: string;
  text?: string;
  edited?: unknown;
  reply_count?: number;
}

/** Reads the channel as a person who opens it would: messages with their threads, oldest first. */
export async function readSlackChannel(slack: {
  apiUrl: string;
  token: string;
  channelId: string;
}): Promise<SlackMessage[]> {
  const client = createHttpClient({ baseUrl: slack.apiUrl, headers: { authorization: `Bearer ${slack.token}` } });
  const call = async (method: string, query: Record<string, string>): Promise<RawMessage[]> => {
    const answer = (
      await client.request({ method: 'POST', path: method, body: new URLSearchParams(query).toString(), headers: form })
    ).json<{ ok: boolean; messages?: RawMessage[] }>();
    return answer.messages ?? [];
  };
  const history = await call('conversations.history', { channel: slack.channelId, limit: '100' });
  const heads = history.filter((message) => message.thread_ts === undefined || message.thread_ts === message.ts);
  const messages = await Promise.all(
    heads.map(async (message): Promise<SlackMessage> => {
      const thread = await call('conversations.replies', { channel: slack.channelId, ts: message.ts });
      const replies = thread.filter((reply) => reply.ts !== message.ts);
      return {
        ...shown(message),
        blocks: blocksOf(message),
        edited: message.edited !== undefined,
        replies: replies.map(shown).sort(byTime),
      };
    }),
  );
  return messages.sort(byTime);
}

function shown(message: RawMessage): { at: number; text: string } {
  return { at: Number(message.ts), text: message.text ?? '' };
}

function blocksOf(message: RawMessage): SlackMessage['blocks'] {
  return (message.blocks ?? []).map(({ type, text, elements }) => ({
    type,
    text: text?.text ?? (elements ?? []).map((element) => element.text ?? '').join(' · '),
  }));
}

function byTime(a: { at: number }, b: { at: number }): number {
  return a.at - b.at;
}
