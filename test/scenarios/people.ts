import { createHttpClient } from '#http/client';

/** What people read in the channel: the text of every message, its replies behind it, oldest first. */
export async function readSlackTexts(slack: { apiUrl: string; token: string; channelId: string }): Promise<string[]> {
  const client = createHttpClient({ baseUrl: slack.apiUrl, headers: { authorization: `Bearer ${slack.token}` } });
  const call = async (method: string, query: Record<string, string>) => {
    const answer = await client.request({
      method: 'POST',
      path: method,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(query).toString(),
    });
    return answer.json<{ messages?: { ts: string; thread_ts?: string; text?: string }[] }>().messages ?? [];
  };
  const history = await call('conversations.history', { channel: slack.channelId, limit: '100' });
  const heads = history.filter(({ ts, thread_ts }) => thread_ts === undefined || thread_ts === ts);
  const threads = await Promise.all(
    heads.map(({ ts }) => call('conversations.replies', { channel: slack.channelId, ts })),
  );
  const all = new Map([...history, ...threads.flat()].map((message) => [message.ts, message.text ?? '']));
  return [...all].toSorted(([one], [other]) => Number(one) - Number(other)).map(([, text]) => text);
}

/** Open and closed issues, oldest first. */
export async function readIssues(github: {
  apiUrl: string;
  token: string;
  repository: string;
}): Promise<{ title: string; body: string }[]> {
  const client = createHttpClient({ baseUrl: github.apiUrl, headers: { authorization: `Bearer ${github.token}` } });
  const answer = await client.request({ path: `/repos/${github.repository}/issues`, query: { state: 'all' } });
  const issues = answer.json<{ title: string; body: string | null }[]>();
  return issues.map(({ title, body }) => ({ title, body: body ?? '' })).toReversed();
}

/** Users' requests at a steady rate until `stop`. */
export function startUsers(url: string, perSecond: number): { stop(): Promise<void> } {
  const underWay = new Set<Promise<unknown>>();
  const timer = setInterval(() => {
    const request = fetch(url, { signal: AbortSignal.timeout(10_000) })
      .then((answer) => answer.arrayBuffer())
      .catch(() => undefined)
      .finally(() => underWay.delete(request));
    underWay.add(request);
  }, 1000 / perSecond);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}
