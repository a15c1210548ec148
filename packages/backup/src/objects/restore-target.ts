import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BackupFailed } from '../backup-error.ts';
import { inPieces } from '../read-pieces.ts';
import type { KeptObject } from './object-list.ts';
import type { LiveBucket, LiveObject, ObjectStore } from './object-store.ts';

/** Where objects are put back. */
export interface RestoreTarget {
  description: string;
  /** What lies there under the buckets of a restore, by `bucket/name`. */
  existing(buckets: readonly LiveBucket[]): Promise<Map<string, Pick<LiveObject, 'bytes' | 'etag' | 'updatedAt'>>>;
  prepare(buckets: readonly LiveBucket[]): Promise<void>;
  write(object: KeptObject, source: AsyncIterable<Uint8Array>, replace: boolean): Promise<'stored' | 'exists'>;
}

/** The storage of a project; buckets that it lacks are made as they were. */
export function projectTarget(store: ObjectStore): RestoreTarget {
  return {
    description: store.description,
    async existing(buckets) {
      const there = new Set((await store.buckets()).map(({ name }) => name));
      const found = new Map<string, LiveObject>();
      for (const { name } of buckets.filter((bucket) => there.has(bucket.name)))
        for await (const object of store.list(name)) found.set(`${name}/${object.name}`, object);
      return found;
    },
    async prepare(buckets) {
      const there = new Set((await store.buckets()).map(({ name }) => name));
      for (const bucket of buckets) if (!there.has(bucket.name)) await store.createBucket(bucket);
    },
    write: (object, source, replace) => store.write(object, source, replace),
  };
}

/** A folder of this machine, mode 0700: a bucket is a folder in it. What is there is never replaced. */
export function folderTarget(path: string): RestoreTarget {
  return {
    description: `folder ${path}`,
    existing: async () => new Map(),
    prepare: async () => void (await mkdir(path, { recursive: true, mode: 0o700 })),
    async write({ bucket, name }, source) {
      const parts = [bucket, ...name.split('/')];
      // Users of the app chose these names: none of them leads out of the folder.
      if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\\0]/.test(part)))
        throw new BackupFailed('restore_failed', `${bucket}/${name} is no name for a file: restore it into a project`);
      const file = join(path, ...parts);
      if (await stat(file).catch(() => undefined)) return 'exists';
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const partial = `${file}.partial-of-restore`;
      try {
        const handle = await open(partial, 'w', 0o600);
        try {
          for await (const piece of inPieces(source)) await handle.writeFile(piece);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(partial, file);
        return 'stored';
      } finally {
        await rm(partial, { force: true });
      }
    },
  };
}
