import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupFailed } from './backup-error.ts';
import { inPieces, pieceBytes } from './read-pieces.ts';

/** A place that keeps encrypted backups. Writes create and never replace (S33). */
export interface BackupDestination {
  kind: 'directory' | 'artifact' | 's3' | 'supabase-storage' | 'command';
  /** For messages and the manifest; no credentials. */
  description: string;
  /** Stores a stream under a new name; when the source fails, nothing is kept. */
  write(name: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** What is stored under a name, from where it is stored. @throws BackupFailed `destination_failed`. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** Everything that lies there, in any order. */
  list(): Promise<StoredObject[]>;
  /** Removes one object; one that is gone is fine. */
  remove(name: string): Promise<void>;
  /** Unix seconds until which the store keeps what is written now; absent where it keeps it for good. */
  expiresAt?(now: number): number;
}

export interface StoredObject {
  name: string;
  bytes: number;
  /** Unix seconds at which the store drops it, where it says so. */
  expiresAt?: number;
}

const partialSuffix = '.partial';
const partialLifeMs = 24 * 60 * 60 * 1000;

/** A folder, created when missing, mode 0700. */
export function directoryDestination(path: string): BackupDestination {
  return {
    kind: 'directory',
    description: `directory ${path}`,
    async write(name, source) {
      await prepare(path);
      const partial = join(path, `.${name}${partialSuffix}`);
      try {
        const file = await open(partial, 'wx', 0o600);
        try {
          for await (const piece of inPieces(source)) await file.writeFile(piece);
          await file.sync();
        } finally {
          await file.close();
        }
        // A link fails where the name exists; a rename would replace it.
        await link(partial, join(path, name));
      } catch (error) {
        throw writeFailed(path, name, error);
      } finally {
        await rm(partial, { force: true });
      }
    },
    async *read(name) {
      try {
        yield* createReadStream(join(path, name), { highWaterMark: pieceBytes });
      } catch (error) {
        throw new BackupFailed(
          'destination_failed',
          `backup directory ${path}: ${name} cannot be read (${(error as NodeJS.ErrnoException).code})`,
          { cause: error },
        );
      }
    },
    async list() {
      const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw writeFailed(path, undefined, error);
      });
      const found = names.filter((name) => !name.startsWith('.'));
      return await Promise.all(found.map(async (name) => ({ name, bytes: (await stat(join(path, name))).size })));
    },
    remove: (name) => rm(join(path, name), { force: true }),
  };
}

async function prepare(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    for (const name of await readdir(path)) {
      if (!name.startsWith('.') || !name.endsWith(partialSuffix)) continue;
      const { mtimeMs } = await stat(join(path, name));
      // Left by a run that was killed; encrypted, and of no use.
      if (Date.now() - mtimeMs > partialLifeMs) await rm(join(path, name), { force: true });
    }
  } catch (error) {
    throw writeFailed(path, undefined, error);
  }
}

function writeFailed(path: string, name: string | undefined, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  // Errors of the source (a dump that failed, an abort) keep their own words.
  if (error instanceof BackupFailed || code === undefined || !/^E[A-Z]+$/.test(code)) return error as Error;
  const reason =
    code === 'ENOSPC'
      ? 'there is no room left'
      : code === 'EEXIST'
        ? `${name} exists already, and backups are never overwritten`
        : `it cannot be written (${code})`;
  return new BackupFailed('destination_failed', `backup directory ${path}: ${reason}`, { cause: error });
}
