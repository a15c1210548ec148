import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { createOneTimeKey, decryptStream, encryptStream, fingerprint } from './age-stream.ts';
import { artifactDestination } from './artifact-destination.ts';
import { compressStream, decompressStream } from './compress-stream.ts';
import { directoryDestination } from './destination.ts';
import { parseManifest } from './manifest.ts';
import { describeBytes, measureStream } from './measure-stream.ts';
import { toolComplaint } from './tool-complaint.ts';

async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('what is compressed and encrypted comes back, in chunks of any size', async () => {
  const { identity, recipient } = await createOneTimeKey();
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 100_000, size: 'max' });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), async (chunks) => {
      const stored = await collect(encryptStream(compressStream(from(chunks)), [recipient]));
      const back = await collect(decompressStream(decryptStream(from([stored]), identity)));
      assert.ok(back.equals(Buffer.concat(chunks)));
    }),
    { numRuns: 20 },
  );
});

test('a cut or altered object never decrypts to its end', async () => {
  const { identity, recipient } = await createOneTimeKey();
  const stored = await collect(encryptStream(from([Buffer.alloc(200_000, 7)]), [recipient]));
  await fc.assert(
    fc.asyncProperty(fc.nat(stored.length - 1), fc.boolean(), async (position, cut) => {
      const damaged = Buffer.from(cut ? stored.subarray(0, position) : stored);
      if (!cut) damaged[position] = (damaged[position] ?? 0) ^ 1;
      await assert.rejects(collect(decryptStream(from([damaged]), identity)));
    }),
    { numRuns: 40 },
  );
});

test('an error of the source reaches the reader through every layer', async () => {
  const { recipient } = await createOneTimeKey();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('start');
    throw new Error('the dump broke');
  }
  await assert.rejects(
    collect(encryptStream(compressStream(measureStream(broken()).chunks), [recipient])),
    /the dump broke/,
  );
});

test('a directory never replaces, and keeps nothing of a source that broke', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'destination-'));
  const destination = directoryDestination(folder);
  await destination.write('a', from([Buffer.from('first')]));
  await assert.rejects(
    destination.write('a', from([Buffer.from('second')])),
    /a exists already, and backups are never overwritten/,
  );
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('part');
    throw new Error('broke');
  }
  await assert.rejects(destination.write('b', broken()), /broke/);
  assert.deepEqual(await readdir(folder), ['a']);
  assert.equal(await readFile(join(folder, 'a'), 'utf8'), 'first');
  await rm(folder, { recursive: true });
});

test('an artifact is stored from a file that is removed, and read back from the store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'artifact-'));
  const stored = new Map<number, { file: string; bytes: Buffer }>();
  const destination = artifactDestination(
    {
      async upload(name, file) {
        stored.set(5, { file: name, bytes: await readFile(file) });
        return { id: 5 };
      },
      async download(id, into) {
        const { file, bytes } = stored.get(id) ?? { file: '', bytes: Buffer.alloc(0) };
        await directoryDestination(into).write(file, from([bytes]));
      },
    },
    folder,
  );
  await destination.write('backup.age', from([Buffer.from('secret')]));
  assert.deepEqual(await readdir(folder), []);
  assert.equal(String(await collect(destination.read('backup.age'))), 'secret');
  assert.deepEqual(await readdir(folder), []);
  await assert.rejects(collect(destination.read('other')), { reasonCode: 'destination_failed' });
  await rm(folder, { recursive: true });
});

test('names of keys, sizes and complaints are fit to be shown', () => {
  assert.match(fingerprint('age1abc'), /^sha256:[0-9a-f]{16}$/);
  assert.deepEqual([0, 999, 1500, 2_340_000, 123_000_000].map(describeBytes), [
    '0 B',
    '999 B',
    '1.5 kB',
    '2.3 MB',
    '123 MB',
  ]);
  assert.equal(
    toolComplaint(
      'pg_restore: error: could not execute query: ERROR:  invalid input value for enum mood: "canary"\nDETAIL:  canary\n',
    ),
    'pg_restore: error: could not execute query: ERROR:  invalid input value for enum mood: "…"',
  );
  assert.equal(
    toolComplaint(
      'pg_dump: error: Dumping the contents of table "a" failed: PQgetCopyData() failed.\npg_dump: detail: Error message from server: server closed the connection unexpectedly\n',
    ),
    'pg_dump: error: Dumping the contents of table "a" failed: PQgetCopyData() failed. server closed the connection unexpectedly',
  );
  assert.equal(toolComplaint(''), 'it gave no reason');
});

test('what code of the database says of its rows is cut to severity, function, line and object', () => {
  const query = 'pg_restore: error: could not execute query: ';
  const entry =
    'pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 3390; 0 16387 TABLE DATA public notes me\n';
  const raised = `pg_restore: NOTICE:  canary\npg_restore: error: canary is told\n${entry}${query}ERROR:  canary is wrong\nDETAIL:  canary\nCONTEXT:  PL/pgSQL function public.check_it(integer) line 3 at RAISE\nCOPY notes, line 1: "canary"\n`;
  for (const [stderr, shown] of [
    [
      raised.replace('pg_restore: error: canary is told\n', ''),
      `${query}ERROR: in PL/pgSQL function public.check_it(integer) line 3, at TABLE DATA public notes me`,
    ],
    [
      `${query}ERROR:  function helper(text) does not exist\nLINE 1: helper($1)\nCONTEXT:  PL/pgSQL function public.keyed(text) line 1 at RETURN\n`,
      `${query}ERROR:  function helper(text) does not exist`,
    ],
    [
      `${query}ERROR:  relation "a" does not exist\nCONTEXT:  SQL statement "SELECT 1"\nPL/pgSQL function public.f() line 3 at SQL statement\n`,
      `${query}ERROR:  relation "a" does not exist`,
    ],
    [
      `${query}ERROR:  relation "canary" does not exist\nCONTEXT:  SQL statement "SELECT 1"\nPL/pgSQL function public.f() line 3 at EXECUTE\n`,
      `${query}ERROR: in PL/pgSQL function public.f() line 3`,
    ],
    [
      `${query}ERROR:  canary\nCONTEXT:  SQL statement "forged"\nCONTEXT:  PL/pgSQL function public.f() line 3 at RAISE\n`,
      `${query}ERROR: in PL/pgSQL function public.f() line 3`,
    ],
    [`${query}ERROR:  canary\nCONTEXT:  SQL function "f" statement 1\n`, `${query}ERROR: in code of the database`],
    [`${query}FEHLER:  canary\nKONTEXT:  canary\n`, `${query}FEHLER: in code of the database`],
    [`${query}ERREUR :  canary\n`, `${query}ERREUR : in code of the database`],
    ['pg_restore: NOTICE:  canary\nmore canary\n', 'pg_restore: NOTICE: in code of the database'],
    [
      'pg_restore: error: COPY failed for table "notes": ERROR:  malformed array literal: "can"ary"\nCONTEXT:  COPY notes, line 1\n',
      'pg_restore: error: COPY failed for table "notes": ERROR:  malformed array literal: "…"',
    ],
    [`${query}ERROR:  time zone "canary" not recognized\n`, `${query}ERROR:  time zone "…"`],
    [
      `${query}ERROR:  column "a" of relation "notes" does not exist\n`,
      `${query}ERROR:  column "a" of relation "notes" does not exist`,
    ],
    [
      'pg_dump: error: connection to server at "db.example.com", port 5432 failed: FATAL:  password authentication failed for user "me"\n',
      'pg_dump: error: connection to server at "db.example.com", port 5432 failed: FATAL:  password authentication failed for user "me"',
    ],
  ] as const)
    assert.equal(toolComplaint(stderr), shown);
});

test('a manifest of a newer version is refused by name', () => {
  assert.throws(() => parseManifest('{"schemaVersion": 2}'), /schema version 2, this version reads up to 1/);
  assert.throws(() => parseManifest('{"schemaVersion": 1}'), /cannot be used/);
});
