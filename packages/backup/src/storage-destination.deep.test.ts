import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '#sandbox/faults';
import { storedFile } from '#sandbox/supabase/storage-state';
import { readBack } from './read-back.ts';
import type { StorageConnection } from './storage-client.ts';
import { type StorageDestinationOptions, storageDestination } from './storage-destination.ts';
import { startStorage, type TestStorage } from './testing/start-storage.ts';

const pieceBytes = 1000;
const large = Buffer.from(Array.from({ length: 3_500 }, (_, index) => index % 251));
const upload = '/storage/v1/upload/resumable';
const piece = `${upload}/:id`;

let storage: TestStorage;
let temporary: string;
let counter = 0;
let lines: string[] = [];
before(async () => {
  storage = await startStorage();
  temporary = await mkdtemp(join(tmpdir(), 'storage-'));
});
after(async () => {
  await storage.stop();
  await rm(temporary, { recursive: true });
});
afterEach(() => {
  storage.faults.clear();
  storage.state.fileSizeLimit = 50 * 1024 * 1024;
  lines = [];
});

const open = (
  options: Partial<StorageDestinationOptions> = {},
  connection: Partial<StorageConnection> = {},
  bucket = 'backups',
) =>
  storageDestination(
    { project: 'abcdefghijklmnopqrst', bucket, prefix: `case-${++counter}` },
    { ...storage.connection, ...connection },
    { temporary, pieceBytes, log: (line) => lines.push(line), ...options },
  );
const stored = () => storage.stored(`case-${counter}`);
const failing = (method: string, route: string, fault: Fault, more: { times?: number; skip?: number } = {}) =>
  storage.faults.order({ service: 'supabase', method, route, fault, ...more });

for (const [what, method, route] of [
  ['looking at the bucket', 'GET', '/storage/v1/bucket'],
  ['looking for the name', 'GET', '/storage/v1/object/info'],
  ['beginning an upload', 'POST', upload],
  ['a piece', 'PATCH', piece],
  ['reading', 'GET', '/storage/v1/object/authenticated'],
  ['listing', 'POST', '/storage/v1/object/list'],
] as const) {
  test(`500, a refusal to wait and a cut, then well: ${what}`, async () => {
    const destination = open();
    failing(method, route, { status: 500 });
    // The object routes tell a database that is not there by status 400.
    failing(method, route, { status: 400, body: { statusCode: '503', message: 'read-only mode' } });
    failing(method, route, { afterEffect: true });
    await destination.write('x.dump', pieces(large));
    assert.ok((await collect(destination.read('x.dump'))).equals(large));
    assert.deepEqual(await destination.list(), [{ name: 'x.dump', bytes: large.length }]);
    assert.deepEqual(storage.faults.pending(), []);
  });
}

test('an answer that is lost after the write took place is no failure, and no second object', async () => {
  for (const [name, bytes, method, route, skip] of [
    ['small.dump', large.subarray(0, 9), 'POST', '/storage/v1/object/backups', 0],
    ['large.dump', large, 'PATCH', piece, 3],
  ] as const) {
    const destination = open();
    failing(method, route, { afterEffect: true }, { skip });
    await destination.write(name, pieces(bytes));
    assert.deepEqual(storage.faults.pending(), []);
    assert.deepEqual(stored(), [name]);
    assert.ok((await collect(destination.read(name))).equals(bytes));
  }
});

test('a piece that is cut off in its middle is taken up at the byte that the store has', async () => {
  const destination = open();
  storage.state.cutNextPiece = 400;
  failing('PATCH', piece, { afterEffect: true });
  await destination.write('x.dump', pieces(large));
  assert.match(lines.join(' '), /going on from byte 400/);
  assert.ok((await collect(destination.read('x.dump'))).equals(large));
});

test('an upload that the store has dropped is begun again, three times at most', async () => {
  for (const status of [404, 410]) {
    const destination = open();
    failing('PATCH', piece, { status }, { skip: 1 });
    failing('HEAD', piece, { status });
    await destination.write('x.dump', pieces(large));
    assert.match(lines.join(' '), /starting over/);
    assert.ok((await collect(destination.read('x.dump'))).equals(large));
  }
  failing('PATCH', piece, { status: 410 }, { times: 99 });
  failing('HEAD', piece, { status: 410 }, { times: 99 });
  await assert.rejects(open().write('x.dump', pieces(large)), /was ended by the store 3 times/);
});

test('a piece that never arrives ends the upload, and nothing of it is left', async () => {
  const destination = open({ attempts: 2 });
  const before = storage.state.uploads.size;
  failing('PATCH', piece, { status: 503 }, { skip: 1, times: 99 });
  await assert.rejects(destination.write('x.dump', pieces(large)), {
    reasonCode: 'destination_failed',
    message: /cannot store bytes 1000 to 2000 of case-\d+\/x\.dump/,
  });
  assert.match(storage.seen().at(-1) ?? '', /^DELETE .*resumable/);
  assert.deepEqual([stored(), await readdir(temporary), storage.state.uploads.size], [[], [], before]);
});

test('a cancelled upload is ended, and a store that says nothing is not waited for', async () => {
  const cancelled = new AbortController();
  const destination = open({ signal: cancelled.signal });
  failing('PATCH', piece, { blackHole: true }, { skip: 1 });
  const writing = destination.write('x.dump', pieces(large));
  // The fault is taken by the second piece.
  while (storage.faults.pending().length > 0) await delay(5);
  cancelled.abort(new Error('cancelled by hand'));
  await assert.rejects(writing, /cancelled by hand/);
  assert.match(storage.seen().at(-1) ?? '', /^DELETE .*resumable/);
  assert.deepEqual([stored(), await readdir(temporary)], [[], []]);
  const silent = open({ deadlineMs: 1_000 });
  failing('PATCH', piece, { blackHole: true });
  await silent.write('x.dump', pieces(large));
  assert.deepEqual(stored(), ['x.dump']);
});

test('what is too large is refused before a byte of it is sent', async () => {
  storage.state.fileSizeLimit = 2_000;
  const from = storage.seen().length;
  await assert.rejects(open().write('x.dump', pieces(large)), /larger than the bucket or the project accepts .*50 MB/);
  assert.ok(
    !storage
      .seen()
      .slice(from)
      .some((one) => one.startsWith('PATCH')),
  );
  storage.state.fileSizeLimit = 5;
  await assert.rejects(open().write('y.dump', pieces(large.subarray(0, 9))), /larger than the bucket/);
});

test('a name that is taken while the upload runs stays as it is', async () => {
  const destination = open({
    log(line) {
      // Between two pieces.
      if (!line.includes('going on from byte 1000')) return;
      const other = { ...storedFile(Buffer.alloc(0), null), bytes: Buffer.from('other'), etag: '"other"' };
      storage.state.buckets.get('backups')?.files.set(`case-${counter}/x.dump`, other);
    },
  });
  failing('PATCH', piece, { status: 500 }, { skip: 1 });
  await assert.rejects(destination.write('x.dump', pieces(large)), /exists already/);
  assert.equal((await collect(destination.read('x.dump'))).toString(), 'other');
});

test('a read that is cut goes on where it ended, from the same object only', async () => {
  const destination = open();
  const route = '/storage/v1/object/authenticated';
  await destination.write('x.dump', pieces(large));
  failing('GET', route, { cutAfterBytes: 1_200 });
  failing('GET', route, { cutAfterBytes: 700 });
  assert.ok((await collect(destination.read('x.dump'))).equals(large));
  assert.match(lines.join(' '), /broke at byte 1900/);
  failing('GET', route, { cutAfterBytes: 1_200 });
  const replaced = (async () => {
    for await (const _chunk of destination.read('x.dump')) {
      const file = storage.state.buckets.get('backups')?.files.get(`case-${counter}/x.dump`);
      if (file !== undefined) file.etag = '"another"';
    }
  })();
  await assert.rejects(replaced, /was replaced while it was read/);
});

test('what lost its end at the store is told by reading back', async () => {
  const destination = open();
  await destination.write('x.dump', pieces(large));
  const file = storage.state.buckets.get('backups')?.files.get(`case-${counter}/x.dump`);
  if (file !== undefined) file.bytes = file.bytes.subarray(0, 3_000);
  const object = { file: 'x.dump', bytes: large.length, sha256: '' };
  assert.match((await readBack(destination, object)).problem ?? '', /3500 were written/);
});

test('a key, a bucket and a project that do not do are named with what to do, and no key is shown', async () => {
  storage.state.buckets.set('open', { public: true, files: new Map() });
  const write = (connection: Partial<StorageConnection>, bucket?: string) =>
    open({}, connection, bucket).write('x.dump', pieces(large));
  const wrong: [Promise<void>, RegExp][] = [
    [write({ key: 'sb_secret_of_another_project' }), /refuses the key .*401.*BACKUP_SUPABASE_STORAGE_KEY/],
    [write({ key: storage.state.publishableKey }), /refuses the key .*403/],
    [write({}, 'missing'), /no such bucket: create it, private/],
    [write({}, 'open'), /the bucket is public, and everybody could download/],
  ];
  for (const [writing, message] of wrong) {
    await assert.rejects(writing, (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message}${lines.join()}`, /sb_secret|sb_publishable/);
      return true;
    });
  }
  failing('GET', '/storage/v1/bucket', { status: 540 });
  await assert.rejects(write({}), /is paused \(540\): restore it in the dashboard/);
});

test('folders beside the backups are no backups, and long lists are read to their end', async () => {
  const destination = open();
  const files = storage.state.buckets.get('backups')?.files;
  const empty = storedFile(Buffer.alloc(0), null);
  for (let index = 0; index < 1_203; index += 1) files?.set(`case-${counter}/${index}.manifest.json`, empty);
  files?.set(`case-${counter}/folder/x.dump`, empty);
  assert.equal((await destination.list()).length, 1_203);
});

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 300) yield bytes.subarray(from, from + 300);
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
