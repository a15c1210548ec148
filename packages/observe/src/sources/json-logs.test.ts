import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { type JsonLogsSource, jsonLogs } from './json-logs.ts';
import { readLogLines, samplesOf } from './log-lines.ts';

/** Lines as logger.ts writes them: one per request, `errors` of them of level error. */
function lines(requests: number, errors: number, start: number, end: number): string {
  return Array.from({ length: requests }, (_, index) => {
    const time = new Date(start + (index * (end - start)) / requests).toISOString();
    const failed = index < errors;
    return JSON.stringify({
      time,
      level: failed ? 'error' : 'info',
      duration_ms: index,
      requestId: `req_${index}`,
      msg: 'done',
    });
  }).join('\n');
}

const sandboxed = (sandbox: Sandbox, more: Partial<JsonLogsSource> = {}) => {
  const { url, token } = sandbox.description.app;
  const trusted = { origin: url, headers: { authorization: `Bearer ${token}` } };
  return jsonLogs({ url: `${url}/logs?from={from}&until={until}`, trusted, clock: contractClock, ...more });
};

describeSource({
  name: 'json-logs',
  make: (sandbox) => sandboxed(sandbox),
  secret: (sandbox) => sandbox.description.app.token,
  asks: { service: 'app', route: '/logs' },
  tells: {
    intervalMs: 60_000,
    nothingMeans: 'no-data',
    swapped: { not: 'one line is one request, and its level says whether it failed: there are no two numbers' },
    unitMistake: { not: 'lines are counted here: no number of the log is one of requests' },
    stale: true,
  },
  wrongCredentials: [
    {
      called: 'a token that is not known',
      make: (sandbox) =>
        sandboxed(sandbox, {
          trusted: { origin: sandbox.description.app.url, headers: { authorization: 'Bearer nobody' } },
        }),
      reason: 'source_unauthorized',
      says: /observe\.json-logs\.url, source-url and source-token/,
    },
    {
      called: 'a token for another host than that of the logs',
      make: (sandbox) =>
        sandboxed(sandbox, {
          trusted: {
            origin: 'https://logs.example.com',
            headers: { authorization: `Bearer ${sandbox.description.app.token}` },
          },
        }),
      reason: 'source_unauthorized',
      says: /401/,
    },
  ],
  wrongSite: {
    called: 'an address that knows no logs',
    make: (sandbox) => sandboxed(sandbox, { url: `${sandbox.description.app.url}/lines?from={from}&until={until}` }),
    reason: 'wrong_address',
    says: /observe\.json-logs\.url/,
  },
  mistakes: [
    {
      called: 'a path that no line has a level at',
      make: (sandbox) => sandboxed(sandbox, { level: '$.severity' }),
      reason: 'source_bad_answer',
      says: /200 of 200 lines have no level at \$\.severity/,
    },
  ],
  notANumber: { not: 'lines are counted here: a level is a word, and a time that is none leaves its line out' },
});

const start = Date.parse('2026-01-21T00:00:00Z');
const fields = { latency: '$.duration_ms', requestId: '$.requestId' };

test('500 lines with 10 of level error are 2 %, with three request ids and the page of each', () => {
  const read = readLogLines(lines(500, 10, start, start + 60_000), fields);
  assert.deepEqual([read.length, read.filter(({ failed }) => failed).length], [500, 10]);
  const samples = samplesOf(read, 'https://traces.example.com/trace/{id}');
  assert.deepEqual(
    samples.map(({ about, url }) => [about, url]),
    ['req_9', 'req_8', 'req_7'].map((id) => [id, `https://traces.example.com/trace/${id}`]),
  );
  assert.deepEqual(read[499]?.latencyMs, 499);
});

test('levels in numbers, times in seconds and milliseconds, an array, and only what matches', () => {
  const some = [
    { time: start / 1000, level: 60, kind: 'request' },
    { time: start, level: 30, kind: 'request' },
    { time: start, level: 'ERROR', kind: 'job' },
    { level: 'error', kind: 'request' },
  ];
  const read = readLogLines(JSON.stringify(some), { match: { '$.kind': 'request' } });
  assert.deepEqual(read, [
    { at: start, failed: true },
    { at: start, failed: false },
  ]);
});

test('a level is read in capitals or not, in the settings and in the lines', () => {
  const line = (level: string) => JSON.stringify({ time: start, level });
  for (const errors of [['ERROR'], ['error'], undefined])
    for (const level of ['ERROR', 'error', 'Error'])
      assert.deepEqual(readLogLines(line(level), { errors }), [{ at: start, failed: true }]);
  assert.deepEqual(readLogLines(line('info'), { errors: ['ERROR'] }), [{ at: start, failed: false }]);
});

test('lines without a level are no data and never good requests', async () => {
  const asked = start + 60_000;
  const answerWith = async (text: string, level?: string) => {
    const server = createServer((_, response) => void response.end(text));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lines`;
    try {
      return await jsonLogs({ url, level, clock: contractClock }).read(start, asked, 60_000);
    } finally {
      server.close();
    }
  };
  const text = lines(100, 10, start, asked);
  const counted = { start: start / 1000, end: asked / 1000, requests: 100, errors: 10 };
  assert.deepEqual(await answerWith(text), [counted]);
  const refused = (message: RegExp) => ({ reasonCode: 'source_bad_answer', message });
  await assert.rejects(answerWith(text, '$.severity'), refused(/^100 of 100 lines have no level at \$\.severity/));
  const one = JSON.stringify({ time: start, level: null });
  await assert.rejects(answerWith(`${text}\n${one}`), refused(/^1 of 101 lines have no level at \$\.level/));
});

test('nothing of a line is kept but numbers and an id that looks like one', () => {
  const line = (requestId: unknown) =>
    JSON.stringify({ time: start, level: 'error', requestId, msg: 'row of a customer' });
  const idOf = (requestId: unknown) => readLogLines(line(requestId), fields)[0]?.requestId;
  assert.equal(idOf('4bf92f3577b34da6a3ce929d0e0e4736'), '4bf92f3577b34da6a3ce929d0e0e4736');
  for (const wrong of ['ada@example.com wrote', '</details>', 'a'.repeat(81), 7, null])
    assert.equal(idOf(wrong), undefined);
  assert.doesNotMatch(JSON.stringify(readLogLines(line('a'), fields)), /customer/);
});

test('lines that are no JSON are left out', () => {
  assert.equal(readLogLines('starting …\n{"time": 1\n', fields).length, 0);
});
