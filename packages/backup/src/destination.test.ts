import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { artifactDestination } from './artifact-destination.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';
import { readBack } from './read-back.ts';
import { s3Destination } from './s3-destination.ts';
import { storageDestination } from './storage-destination.ts';
import { startStore, storeMissing, type TestStore, unfinishedUploads } from './test-s3.ts';
import { startStorage, type TestStorage } from './testing/start-storage.ts';

/** One kind of destination with the store behind it. */
interface Subject {
  destination: BackupDestination;
  /** Changes one byte of what is stored, behind the destination's back. */
  damage(name: string): Promise<void>;
  /** Everything in the store, half-written things too. */
  left(): Promise<string[]>;
  stop(): Promise<void>;
}

const partBytes = 5 * 1024 * 1024;
let store: TestStore | undefined;
let storage: TestStorage | undefined;
let prefixes = 0;
after(() => Promise.all([store?.stop(), storage?.stop()]));

const subjects: { name: string; skip?: string | false; make(): Promise<Subject> }[] = [
  {
    name: 'directory',
    async make() {
      const folder = await mkdtemp(join(tmpdir(), 'contract-'));
      return {
        destination: directoryDestination(folder),
        damage: (name) => damageFile(join(folder, name)),
        left: () => readdir(folder),
        stop: () => rm(folder, { recursive: true }),
      };
    },
  },
  {
    name: 'artifact',
    async make() {
      const temporary = await mkdtemp(join(tmpdir(), 'contract-'));
      const stored = new Map<number, { name: string; bytes: Buffer }>();
      const byName = (name: string) => [...stored.values()].find((one) => one.name === name);
      const store = {
        async upload(name: string, file: string) {
          const bytes = await readFile(file);
          // GitHub answers 409 for a name that the run has already used.
          if (byName(name) !== undefined) throw new Error(`an artifact named ${name} exists already`);
          stored.set(stored.size + 1, { name, bytes });
          return { id: stored.size };
        },
        async download(id: number, into: string) {
          const { name = '', bytes = Buffer.alloc(0) } = stored.get(id) ?? {};
          await writeFile(join(into, name), bytes);
        },
        list: async () => [...stored].map(([id, { name, bytes }]) => ({ id, name, bytes: bytes.length })),
        remove: async (id: number) => void stored.delete(id),
      };
      return {
        destination: artifactDestination(store, temporary),
        async damage(name) {
          const { bytes } = byName(name) ?? {};
          if (bytes !== undefined) bytes[0] = (bytes[0] ?? 0) ^ 1;
        },
        left: async () => [...[...stored.values()].map((one) => one.name), ...(await readdir(temporary))],
        stop: () => rm(temporary, { recursive: true }),
      };
    },
  },
  {
    name: 's3',
    skip: storeMissing,
    async make() {
      store ??= await startStore();
      const { connection, folder } = store;
      const prefix = `notes/case-${++prefixes}`;
      return {
        destination: s3Destination({ bucket: 'backups', prefix }, connection, { partBytes }),
        damage: (name) => damageFile(join(folder, prefix, name)),
        left: async () => [
          ...(await readdir(join(folder, prefix)).catch(() => [])),
          ...(await unfinishedUploads(folder)),
        ],
        stop: async () => {},
      };
    },
  },
  {
    name: 'supabase-storage',
    async make() {
      storage ??= await startStorage();
      const { connection, state, stored } = storage;
      const temporary = await mkdtemp(join(tmpdir(), 'contract-'));
      const prefix = `notes/case-${++prefixes}`;
      const location = { project: 'abcdefghijklmnopqrst', bucket: 'backups', prefix };
      return {
        destination: storageDestination(location, connection, { temporary, pieceBytes: partBytes }),
        async damage(name) {
          const { bytes } = state.buckets.get('backups')?.files.get(`${prefix}/${name}`) ?? {};
          if (bytes !== undefined) bytes[0] = (bytes[0] ?? 0) ^ 1;
        },
        left: async () => [...stored(prefix), ...(await readdir(temporary))],
        stop: () => rm(temporary, { recursive: true }),
      };
    },
  },
];

for (const { name: kind, skip = false, make } of subjects) {
  describe(`destination ${kind}`, { skip }, () => {
    const given = (name: string, body: (subject: Subject) => Promise<void>) =>
      test(name, async () => {
        const subject = await make();
        try {
          await body(subject);
        } finally {
          await subject.stop();
        }
      });

    given('keeps what it is given, byte for byte, and lists it with its size', async ({ destination }) => {
      const sizes = { 'a.dump': 0, 'b.dump': 1, 'c.dump': partBytes, 'd.dump': 2 * partBytes + 7 };
      for (const [name, size] of Object.entries(sizes)) {
        await destination.write(name, pieces(pattern(size)));
        assert.ok((await collect(destination.read(name))).equals(pattern(size)), name);
      }
      const listed = (await destination.list()).map(({ name, bytes }) => [name, bytes]).sort();
      assert.deepEqual(listed, Object.entries(sizes));
      assert.equal(destination.kind, kind);
    });

    given('never replaces what is there', async ({ destination }) => {
      for (const size of [3, partBytes + 1]) {
        const name = `size-${size}.dump`;
        await destination.write(name, pieces(pattern(size)));
        await assert.rejects(destination.write(name, pieces(pattern(size + 1))), {
          reasonCode: 'destination_failed',
          message: /exists already/,
        });
        assert.equal((await collect(destination.read(name))).length, size);
      }
    });

    given('keeps nothing of a source that broke, at its start and far into it', async ({ destination, left }) => {
      for (const after of [0, 2 * partBytes + 1]) {
        async function* broken() {
          yield* pieces(pattern(after));
          throw new Error('the dump broke');
        }
        await assert.rejects(destination.write('x.dump', broken()), /the dump broke/);
        assert.deepEqual(await left(), []);
      }
      await destination.write('x.dump', pieces(pattern(5)));
    });

    given('what was altered where it lies is told by its digest', async ({ destination, damage }) => {
      const bytes = pattern(partBytes + 1);
      await destination.write('x.dump', pieces(bytes));
      const object = { file: 'x.dump', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      assert.equal((await readBack(destination, object)).problem, undefined);
      assert.match((await readBack(destination, { ...object, bytes: 9 })).problem ?? '', /9 were written/);
      await damage('x.dump');
      assert.match(
        (await readBack(destination, object)).problem ?? '',
        /holds other bytes of x\.dump than were written/,
      );
    });

    given('what is not there is named, and removing it is fine', async ({ destination }) => {
      await assert.rejects(collect(destination.read('absent.dump')), { reasonCode: 'destination_failed' });
      await destination.remove('absent.dump');
      await destination.write('x.dump', pieces(pattern(5)));
      await destination.remove('x.dump');
      assert.deepEqual(await destination.list(), []);
    });
  });
}

function pattern(size: number): Buffer {
  // Of a length that divides no part, so that swapped or repeated parts are seen.
  return Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
}
async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += 700_000) yield bytes.subarray(from, from + 700_000);
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
async function damageFile(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  await writeFile(file, bytes);
}
