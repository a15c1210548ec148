import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseRule } from '#config/rules';
import { createGitHub, type GitHub } from '#github/client';
import { OwnRequests } from '#observe/own-requests';
import type { ObservationSource } from '#observe/source';
import { createSource, type SourceParts } from '#observe/sources/registry';
import { observeWindow, type WatchOutcome } from '#observe/watch';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { takenOverBy } from '../src/services.ts';

const minute = 60_000;
const startsAt = 1_700_000_040_000;

/** How a source that is no vendor's monitoring is reached at one address; those of vendors are in request-budget.test.ts. */
const countedSources = {
  'http-json': (url) => ({ httpJson: { url: `${url}/growing`, requests: '$.requests', errors: '$.errors' } }),
  'http-json with a time in its address': (url) => ({
    httpJson: { url: `${url}/counts?from={from}&until={until}`, requests: '$.requests', errors: '$.errors' },
  }),
  'json-logs': (url) => ({ vendors: { jsonLogs: { url: `${url}/lines?from={from}&until={until}` } } }),
  'vercel-observability': (apiUrl) => ({ vercel: { apiUrl, token: 'vercel-token', project: 'prj_1' } }),
  'vercel-observability by its newer endpoint': (apiUrl) => ({
    vercel: { apiUrl: `${apiUrl}/newer`, token: 'vercel-token', project: 'prj_1' },
  }),
  'vercel-runtime-logs': (apiUrl) => ({
    vercel: { apiUrl, token: 'vercel-token', project: 'prj_1' },
    deploymentId: 'dpl_1',
  }),
} satisfies Record<string, (address: string) => Partial<SourceParts>>;

type CountedSource = keyof typeof countedSources;
export const countedSourceNames = Object.keys(countedSources) as CountedSource[];

/** What a watch cost; heap in bytes, the most that was held. */
export interface MeasuredWatch {
  outcome: WatchOutcome;
  requests: { source: number; lock: number };
  heapBytes: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of the heap that something still refers to: what only waits to be collected is not held. */
export function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Watches 15 minutes at an interval of 60 s with the lock read as in a release; time stands still while a source or GitHub is asked. */
export async function watchQuarterHour(given: {
  sources: readonly ObservationSource[];
  github: GitHub;
  clock: SimulatedClock;
  rules?: readonly string[];
}): Promise<WatchOutcome> {
  const { sources, clock, github, rules = ['error-rate above 2% within 15m'] } = given;
  const [source, ...others] = sources.map((one) => ({
    ...one,
    open: clock.busy(one.open),
    read: clock.busy(one.read),
    ...(one.readings && { readings: clock.busy(one.readings) }),
  }));
  const superseded = takenOverBy(github, { environment: 'production', key: 'k' });
  if (!source || !superseded) throw new TypeError('a watch without a source, or a release whose lock nobody reads');
  return await observeWindow({
    source,
    others,
    rules: rules.map(parseRule),
    windowMs: 15 * minute,
    intervalMs: minute,
    minRequests: 20,
    baselineMs: 30 * minute,
    superseded: clock.busy(superseded),
    clock,
    signal: new AbortController().signal,
    log: () => {},
  });
}

/**
 * Watches one release for 15 minutes at an interval of 60 s by one source, on a clock that jumps: real requests to a server that answers
 * as the vendor does, each counted there; the lock is read as in a release.
 */
export async function measureWatch(name: CountedSource): Promise<MeasuredWatch> {
  const requests = { source: 0, lock: 0 };
  let heapBytes = 0;
  const clock = new SimulatedClock(startsAt);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://local');
    const isLock = url.pathname.includes('/repos/');
    requests[isLock ? 'lock' : 'source'] += 1;
    if (isLock) heapBytes = Math.max(heapBytes, heldBytes());
    answer(url, request, response, clock.now());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Time stands still while a request is on its way, whoever sent it.
  const sent = (): void => clock.hold();
  const answered = (): void => clock.letGo();
  subscribe('http.client.request.start', sent);
  subscribe('http.client.response.finish', answered);
  subscribe('http.client.request.error', answered);
  try {
    const parts: Partial<SourceParts> = countedSources[name](address);
    const vercel = parts.vercel && { ...parts.vercel, clock };
    const given = { ...parts, vercel, rounds: [], own: new OwnRequests(), clock };
    const made = await createSource(name.split(' ')[0] as string, given);
    const github = createGitHub({ apiUrl: address, repository: 'acme/web', token: 'github-token' });
    const outcome = await watchQuarterHour({ sources: [made], github, clock });
    return { outcome, requests, heapBytes };
  } finally {
    unsubscribe('http.client.request.start', sent);
    unsubscribe('http.client.response.finish', answered);
    unsubscribe('http.client.request.error', answered);
    server.closeAllConnections();
    server.close();
  }
}

function answer(url: URL, request: IncomingMessage, response: ServerResponse, now: number): void {
  const { pathname } = url;
  if (pathname.endsWith('/runtime-logs')) {
    response.writeHead(200).write(logRows());
    return;
  }
  response.setHeader('content-type', 'application/json');
  if (pathname.includes('/v9/projects/')) {
    response.end(JSON.stringify({ id: 'prj_1', name: 'web', accountId: 'user_1', domains: [] }));
  } else if (pathname === '/newer/v2/observability/query') {
    response.writeHead(404).end('{}');
  } else if (pathname.endsWith('/observability/query') || pathname.endsWith('/metrics/v1')) {
    const minutes = Array.from({ length: 55 }, (_, index) => Math.floor(now / minute) * minute - index * minute);
    const row = (at: number) => ({ timestamp: new Date(at).toISOString(), httpStatus: '200' });
    const data = minutes.map((at) => ({ ...row(at), vercel_request_count_sum: 300 }));
    const series = minutes.map((at) => ({ ...row(at), dimensions: { httpStatus: '200' }, values: { value: 300 } }));
    response.end(JSON.stringify({ data, series, summary: [], meta: {} }));
  } else if (pathname === '/growing') {
    response.end(JSON.stringify({ requests: Math.floor((300 * (now - startsAt)) / minute), errors: 0 }));
  } else if (pathname === '/lines') {
    const from = Number(url.searchParams.get('from')) * 1000;
    const count = Math.min(4_000, Math.max(0, Math.floor((now - from) / 1_000)));
    const lines = Array.from({ length: count }, (_, index) => ({ time: from + index * 1_000, level: 'info' }));
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  } else if (pathname === '/counts') {
    const seconds = Number(url.searchParams.get('until')) - Number(url.searchParams.get('from'));
    response.end(JSON.stringify({ requests: seconds * 5, errors: Math.floor(seconds / 60) }));
  } else {
    response.end('[]');
  }
  request.resume();
}

/** Twenty requests a minute for the whole watch: whoever opens the stream again gets them again. */
function logRows(): string {
  const rows = Array.from({ length: 20 * 20 }, (_, index) => ({
    ...{ rowId: `row-${index}`, requestId: `request-${index}`, level: 'info', source: 'serverless', message: '' },
    ...{ timestampInMs: startsAt + index * 3_000, requestMethod: 'GET', requestPath: '/', responseStatusCode: 200 },
  }));
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
