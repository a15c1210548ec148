import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Counts extends AsyncDisposable {
  url: string;
  /** Unix seconds from which on, and until which, every second request fails. */
  sickFrom: number;
  sickUntil: number;
  /** Whether what is served now is still the cause. */
  isSick: () => boolean;
  /** Every answer waits for it. */
  before: () => Promise<void>;
}

/** Counts of any time, as a service that keeps them: 40 requests a second. */
export async function startCounts(): Promise<Counts> {
  const never = Number.POSITIVE_INFINITY;
  const counts = { sickFrom: never, sickUntil: never, isSick: () => true, before: async () => {}, url: '' };
  const server = createServer(async (request, response) => {
    await counts.before();
    const { searchParams } = new URL(request.url ?? '/', 'http://local');
    const [from, until] = [Number(searchParams.get('from')), Number(searchParams.get('until'))];
    const sick = Math.max(0, Math.min(until, counts.sickUntil) - Math.max(from, counts.sickFrom));
    response.end(JSON.stringify({ requests: (until - from) * 40, errors: Math.round(sick * 20) }));
  });
  const looking = setInterval(() => {
    if (!counts.isSick()) counts.sickUntil = Math.min(counts.sickUntil, Date.now() / 1000);
  }, 20);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  counts.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?from={from}&until={until}`;
  return Object.assign(counts, {
    async [Symbol.asyncDispose]() {
      clearInterval(looking);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
