import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import type { VercelConnection } from '#vercel/project';
import { describeSource } from '../../test/source-contract.ts';
import { OwnRequests } from '../own-requests.ts';
import { createSource, type SourceParts, sourceNames } from './registry.ts';

const token = 'canary-vercel-token-1';
const parts = (address: string): SourceParts => {
  const vercel: VercelConnection = { apiUrl: address, token, project: 'prj_contract' };
  return { vercel, deploymentId: 'dpl_contract', rounds: [], own: new OwnRequests(), clock: systemClock };
};

function project(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  if (!request.url?.startsWith('/v9/projects/prj_contract')) return void response.writeHead(404).end('{}');
  response.end(JSON.stringify({ id: 'prj_contract', name: 'contract', accountId: 'user_1', domains: [] }));
}

let row = 0;
function logRow(at: number, status: number): string {
  row += 1;
  const request = {
    requestId: `request-${row}`,
    requestMethod: 'GET',
    requestPath: '/api/notes',
    responseStatusCode: status,
  };
  const line = { rowId: `row-${row}`, level: 'info', source: 'serverless', message: '', timestampInMs: at, ...request };
  return `${JSON.stringify(line)}\n`;
}

describeSource({
  name: 'vercel-runtime-logs',
  token,
  intervalMs: 600,
  make: (address) => createSource('vercel-runtime-logs', parts(address)),
  isData: (request) => request.url?.includes('/runtime-logs') ?? false,
  other: project,
  counts: (response, { requests, errors }) => {
    response.writeHead(200).write('\n');
    // The stream is open before the interval begins; the rows come while it lasts, two of them for one request.
    setTimeout(() => {
      const at = Date.now();
      const lines = Array.from({ length: requests }, (_, index) => logRow(at, index < errors ? 500 : 200));
      response.write(lines.join('') + lines.slice(0, 3).join(''));
    }, 300);
  },
  nothing: (response) => void response.writeHead(200).write('\n'),
  nothingMeans: 'zero requests',
});

describeSource({
  name: 'vercel-observability',
  token,
  intervalMs: 60_000,
  make: (address) => createSource('vercel-observability', parts(address)),
  isData: (request) => request.url?.startsWith('/v2/observability/query') ?? false,
  other: project,
  counts: (response, { requests, errors, start }) => {
    const timestamp = new Date(start).toISOString();
    const data = [
      { timestamp, httpStatus: '200', vercel_request_count_sum: requests - errors },
      { timestamp, httpStatus: '502', vercel_request_count_sum: errors },
    ];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data, summary: [] }));
  },
  nothing: (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"summary":[]}'),
  nothingMeans: 'zero requests',
});

describeSource({
  name: 'vercel-observability by the newer endpoint, where the documented one is gone',
  token,
  intervalMs: 60_000,
  make: (address) => createSource('vercel-observability', parts(address)),
  isData: (request) => request.url?.startsWith('/metrics/v1') ?? false,
  other: project,
  counts: (response, { requests, errors, start }) => {
    const timestamp = new Date(start).toISOString();
    const row = (httpStatus: string, value: number) => ({ timestamp, dimensions: { httpStatus }, values: { value } });
    const series = [row('200', requests - errors), row('502', errors)];
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ series, summary: [], meta: {} }));
  },
  nothing: (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"series":[],"summary":[],"meta":{}}'),
  nothingMeans: 'zero requests',
});

test('nothing counted although our own probes went through is no data, not zero errors (trap 15)', async () => {
  const own = new OwnRequests();
  const minute = 60_000;
  own.sent('/api/health', 10 * minute + 1);
  const { vercelObservability } = await import('./vercel-observability.ts');
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    if (!request.url?.startsWith('/v2/observability')) return project(request, response);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":[],"summary":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    const source = vercelObservability({
      connection: { apiUrl: `http://127.0.0.1:${port}`, token, project: 'prj_contract' },
      own,
    });
    await source.open();
    const answer = await source.read(10 * minute, 15 * minute, minute);
    assert.ok('noData' in answer);
    assert.equal(answer.noData, 'no_rows');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('an unknown source is an error that names the known ones, never a default', async () => {
  await assert.rejects(createSource('sentri', parts('http://127.0.0.1')), {
    reasonCode: 'unknown_source',
    message: `"sentri" is not a source; known are ${sourceNames.join(', ')}`,
  });
  await assert.rejects(createSource('constructor', parts('http://127.0.0.1')), { reasonCode: 'unknown_source' });
});

test('a source says what it needs', async () => {
  const bare = { rounds: [], own: new OwnRequests(), clock: systemClock };
  await assert.rejects(createSource('vercel-runtime-logs', bare), /vercel-token and vercel-project/);
  await assert.rejects(createSource('http-json', bare), /source-url/);
});

test('our own requests are told apart by path and time, each once', () => {
  const own = new OwnRequests();
  own.sent('/api/health', 1_000_000);
  assert.equal(own.take('/api/notes', 1_000_000), false);
  assert.equal(own.take('/api/health', 1_020_000), false);
  assert.equal(own.take('/api/health', 1_000_300), true);
  assert.equal(own.take('/api/health', 1_000_300), false);
});
