import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { refuseBlocks } from '#sandbox/slack/slack-limits';

/** How one call is answered instead of the usual way. */
export interface Fault {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** The message is posted, then the connection is cut. */
  loseAnswer?: boolean;
}

/** A Slack that holds its limits, remembers messages, and fails when told to. */
export interface StrictSlack {
  apiUrl: string;
  webhookUrl: string;
  token: string;
  requests: { path: string; body: Record<string, unknown> }[];
  messages: { ts: string; body: Record<string, unknown> }[];
  /** Answers of the next calls, in order. */
  faults: Fault[];
  /** False: the token may not read the history. */
  mayRead: boolean;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startStrictSlack(): Promise<StrictSlack> {
  const token = 'xoxb-strict-0123456789';
  const slack: Omit<StrictSlack, 'apiUrl' | 'webhookUrl' | typeof Symbol.asyncDispose> = {
    token,
    requests: [],
    messages: [],
    faults: [],
    mayRead: true,
  };
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const path = request.url ?? '';
    slack.requests.push({ path, body });
    const fault = slack.faults.shift();
    const say = (status: number, text: string, headers = {}) => response.writeHead(status, headers).end(text);
    if (fault && !fault.loseAnswer) return say(fault.status ?? 200, fault.body ?? '', fault.headers);
    if (path.startsWith('/services/')) {
      if (path !== '/services/T1/B1/secretsecret') return say(404, 'no_service');
      const wrong = refuseBlocks(body.blocks);
      if (wrong) return say(400, wrong);
      slack.messages.push({ ts: '', body });
      return say(200, 'ok');
    }
    const answer =
      request.headers.authorization === `Bearer ${token}` ? call(path, body) : { ok: false, error: 'invalid_auth' };
    if (fault?.loseAnswer) return response.destroy();
    say(200, JSON.stringify(answer));
  });

  function call(path: string, body: Record<string, unknown>): object {
    if (body.channel !== 'C01') return { ok: false, error: 'channel_not_found' };
    if (path === '/api/conversations.history') {
      if (!slack.mayRead) return { ok: false, error: 'missing_scope', needed: 'channels:history' };
      return { ok: true, messages: slack.messages.map((message) => ({ ts: message.ts, ...message.body })) };
    }
    const wrong = refuseBlocks(body.blocks) ?? (String(body.text ?? '') === '' ? 'no_text' : undefined);
    if (wrong) return { ok: false, error: wrong };
    if (path === '/api/chat.update') {
      const found = slack.messages.find(({ ts }) => ts === body.ts);
      if (!found) return { ok: false, error: 'message_not_found' };
      Object.assign(found.body, body);
      return { ok: true, channel: 'C01', ts: found.ts };
    }
    const ts = `1700000000.${String(slack.messages.length + 1).padStart(6, '0')}`;
    slack.messages.push({ ts, body });
    return { ok: true, channel: 'C01', ts };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(slack, {
    apiUrl: `${origin}/api/`,
    webhookUrl: `${origin}/services/T1/B1/secretsecret`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (request.headers['content-type']?.includes('json')) return JSON.parse(text);
  return Object.fromEntries(new URLSearchParams(text));
}
