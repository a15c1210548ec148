import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, systemClock } from '#http/clock';
import type { VercelConnection } from '#vercel/project';
import { isNoData } from './bucket.ts';
import { keepLogJournal } from './keep-log-journal.ts';
import { isJournalOpen, journalPattern, journalPrefix, noteInJournal } from './log-journal.ts';
import { OwnRequests } from './own-requests.ts';
import { vercelRuntimeLogs } from './sources/vercel-runtime-logs.ts';

const token = 'canary-vercel-token-1';
const streams: ServerResponse[] = [];
const server = createServer((request, response) => {
  if (!request.url?.includes('/runtime-logs')) {
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify({ id: 'prj_1', name: 'web', accountId: 'user_1', domains: [] }));
  }
  response.writeHead(200).write('\n');
  streams.push(response);
});
let connection: VercelConnection;
let folder: string;
let row = 0;
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  connection = { apiUrl: `http://127.0.0.1:${port}`, token, project: 'prj_1' };
  folder = await mkdtemp(join(tmpdir(), journalPrefix));
});
afterEach(async () => {
  streams.splice(0);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

function line(status: number, path = '/api/notes', at = Date.now()): string {
  row += 1;
  const request = { requestId: `request-${row}`, requestMethod: 'GET', requestPath: path, responseStatusCode: status };
  return `${JSON.stringify({ rowId: `row-${row}`, level: 'info', source: 'serverless', message: 'of a customer', timestampInMs: at, ...request })}\n`;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    assert.ok(tries < 3_000, 'it did not happen');
    await delay(10);
  }
}

/** A reader as vercel-promote leaves one, with an open stream. */
async function keep(more: { mostRequests?: number; clock?: Clock } = {}) {
  const given = { connection, deploymentId: 'dpl_1', folder, longestMs: 20_000, clock: systemClock, ...more };
  const ended = keepLogJournal(given);
  await until(() => isJournalOpen(folder));
  return ended;
}

function watching(promotedAt: number) {
  const given = { connection, deploymentId: 'dpl_1', own: new OwnRequests(), clock: systemClock };
  return vercelRuntimeLogs({ ...given, journal: folder, promotedAt });
}

async function written(text: string): Promise<void> {
  await until(async () => (await readFile(join(folder, 'rows.ndjson'), 'utf8')).includes(text));
}

test('requests between the promotion and the watch are counted once, ours are not, and the folder is gone', async () => {
  let ended = false;
  void keep().then(() => {
    ended = true;
  });
  await until(() => isJournalOpen(folder));
  const promotedAt = Date.now();
  const own = line(200, '/api/health');
  noteInJournal(folder, { path: '/api/health', at: promotedAt });
  const users = [line(500), line(200), line(500)];
  streams[0]?.write(own + users.join('') + users.join(''));
  await written('"status":500');
  const text = await readFile(join(folder, 'rows.ndjson'), 'utf8');
  assert.ok(!/api|notes|request-|customer|canary/.test(text), text);
  const source = watching(promotedAt);
  const opening = source.open();
  await until(() => streams.length === 2);
  // Both streams are open: a request that both tell is one.
  const both = line(200);
  for (const stream of streams) stream.write(both);
  await opening;
  assert.ok((source.knownSince?.() ?? Number.POSITIVE_INFINITY) <= promotedAt);
  const from = promotedAt - 50;
  const end = Date.now();
  const buckets = await source.read(from, end, end - from);
  await source.close();
  assert.ok(!isNoData(buckets));
  assert.deepEqual(
    buckets.map(({ requests, errors }) => [requests, errors]),
    [[4, 2]],
  );
  await until(() => ended);
  assert.equal(existsSync(folder), false);
});

test('a reader that died is a hole until the watch, never zero errors', async () => {
  const openedAt = Date.now() - 3_000;
  const told = [
    { kind: 'opened', at: openedAt },
    { kind: 'request', key: 'a', at: openedAt + 100, status: 500, path: 'x' },
  ];
  const seen = { kind: 'seen', until: openedAt + 1_000 };
  // Cut in the middle of a line, as a kill leaves it.
  await writeFile(
    join(folder, 'rows.ndjson'),
    `${[...told, seen].map((each) => JSON.stringify(each)).join('\n')}\n{"kind":"se`,
  );
  const source = watching(openedAt + 50);
  await source.open();
  const buckets = await source.read(openedAt, openedAt + 3_000, 1_000);
  await source.close();
  assert.ok(!isNoData(buckets));
  assert.deepEqual(
    buckets.map(({ start, requests, errors }) => [Math.round(start * 1000 - openedAt), requests, errors]),
    [[0, 1, 1]],
  );
});

test("the time of somebody's own smoke command is not known: its requests look like those of users", async () => {
  void keep();
  await until(() => isJournalOpen(folder));
  const promotedAt = Date.now();
  noteInJournal(folder, { from: promotedAt + 10, until: promotedAt + 60 });
  await delay(100);
  const source = watching(promotedAt);
  await source.open();
  const buckets = await source.read(promotedAt, promotedAt + 300, 100);
  await source.close();
  assert.ok(!isNoData(buckets));
  assert.deepEqual(
    buckets.map(({ start }) => Math.round(start * 1000 - promotedAt)),
    [100, 200],
  );
});

test('more requests than are kept are a gap that lasts, and the file stays small', async () => {
  void keep({ mostRequests: 10 });
  await until(() => isJournalOpen(folder));
  const promotedAt = Date.now();
  streams[0]?.write(Array.from({ length: 5_000 }, () => line(200)).join(''));
  await written('"request"');
  await delay(300);
  assert.equal((await readFile(join(folder, 'rows.ndjson'), 'utf8')).match(/"request"/g)?.length, 10);
  const source = watching(promotedAt);
  await source.open();
  assert.deepEqual(await source.read(promotedAt, promotedAt + 500, 500), []);
  await source.close();
});

test('a reader ends when its folder is gone, when nobody comes, and without Vercel it keeps nothing', async () => {
  let ended = 0;
  void keep().then(() => {
    ended += 1;
  });
  await until(() => isJournalOpen(folder));
  await rm(folder, { recursive: true });
  await until(() => ended === 1);
  assert.equal(existsSync(folder), false, 'it makes none');
  folder = await mkdtemp(join(tmpdir(), journalPrefix));
  let passedMs = 0;
  const nobodyCame = keep({ clock: { ...systemClock, now: () => Date.now() + passedMs } });
  await until(() => isJournalOpen(folder));
  passedMs = 20_000;
  await nobodyCame;
  await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), journalPrefix));
  server.closeAllConnections();
  const unreachable = { ...connection, apiUrl: 'http://127.0.0.1:9' };
  await keepLogJournal({ connection: unreachable, deploymentId: 'dpl_1', folder, longestMs: 100, clock: systemClock });
  assert.equal(await isJournalOpen(folder), false);
});

test('a note without a folder is no failure, and an input names a folder of ours alone', async () => {
  noteInJournal(join(folder, 'gone'), { path: '/', at: 1 });
  await appendFile(join(folder, 'noted.ndjson'), 'no json\n');
  assert.match(folder, journalPattern);
  assert.doesNotMatch('/home/runner/work', journalPattern);
});
