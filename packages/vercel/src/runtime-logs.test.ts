import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalVercel } from '../test/local-vercel.ts';
import { type LogGap, openRuntimeLogs, type RuntimeLogRow } from './runtime-logs.ts';

let vercel: LocalVercel;
let streams: ServerResponse[];
let rows: RuntimeLogRow[];
let gaps: LogGap[];
let stop: AbortController;
beforeEach(async () => {
  vercel = await LocalVercel.start();
  streams = [];
  rows = [];
  gaps = [];
  stop = new AbortController();
  vercel.streams.push({ route: /\/runtime-logs$/, open: (response) => void streams.push(response) });
});
afterEach(async () => {
  stop.abort();
  await vercel.close();
});

function open(renewAfterMs = 270_000) {
  return openRuntimeLogs(vercel.connection(), 'dpl_new', {
    signal: stop.signal,
    onRow: (row) => void rows.push(row),
    onGap: (gap) => void gaps.push(gap),
    renewAfterMs,
  });
}
function row(rowId: string, more: Record<string, unknown> = {}): string {
  const whole = {
    rowId,
    timestampInMs: 1_000,
    level: 'info',
    source: 'serverless',
    message: 'secret of a customer',
    responseStatusCode: 200,
  };
  return `${JSON.stringify({ ...whole, requestPath: '/api/notes?token=x', ...more })}\n`;
}
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 3_000, 'it did not happen');
    await delay(10);
  }
}

test('rows arrive as they are written, also when a line comes in pieces; messages and queries stay out', async () => {
  const reader = open();
  await reader.opened;
  const line = row('1');
  streams[0]?.write(line.slice(0, 20));
  streams[0]?.write(line.slice(20) + row('2').slice(0, 5));
  await until(() => rows.length === 1);
  assert.equal(rows[0]?.path, '/api/notes');
  assert.ok(!JSON.stringify(rows).includes('customer'));
  assert.ok(Date.now() - reader.coveredUntil() < 10_000);
  stop.abort();
  await reader.closed;
});

test('a cut stream is opened again and the hole is reported', async () => {
  const reader = open();
  await reader.opened;
  streams[0]?.write(row('1'));
  await until(() => rows.length === 1);
  vercel.faults.push({ route: /runtime-logs/, status: 503, headers: { 'retry-after': '0' }, times: 2 });
  streams[0]?.destroy();
  await until(() => streams.length === 2);
  streams[1]?.write(row('2'));
  await until(() => rows.length === 2 && gaps.length === 1);
  assert.match(gaps[0]?.reason ?? '', /broke/);
  assert.ok((gaps[0]?.until ?? 0) >= (gaps[0]?.from ?? Number.MAX_VALUE));
});

test('a stream that Vercel ends with a delimiter is followed by the next', async () => {
  await open().opened;
  streams[0]?.write(row('', { source: 'delimiter', responseStatusCode: 0 }));
  await until(() => streams.length === 2 && gaps.length === 1);
  assert.deepEqual([rows.length, gaps[0]?.reason], [0, 'Vercel ended the stream']);
});

test('renewing overlaps: no hole, and no row twice', async () => {
  await open(300).opened;
  await until(() => streams.length === 2);
  for (const stream of streams) stream.write(row('both'));
  streams[0]?.write(row('old'));
  streams[1]?.write(row('new'));
  await until(() => rows.length === 3);
  await until(
    () => streams[0]?.destroyed === true || streams[0]?.writableEnded === true || streams[0]?.closed === true,
  );
  assert.deepEqual([gaps.length, rows.map(({ rowId }) => rowId).sort()], [0, ['both', 'new', 'old']]);
});

test('a refusal for good ends the reader with its reason', async () => {
  vercel.faults.push({ route: /runtime-logs/, status: 404, times: 9 });
  const reader = open();
  await assert.rejects(reader.opened, { reasonCode: 'vercel_not_found' });
  await assert.rejects(reader.closed, { reasonCode: 'vercel_not_found' });
});
