import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupFailed } from './backup-error.ts';
import { type BackupDestination, directoryDestination } from './destination.ts';

/** GitHub's artifact store as the runner's adapter offers it. */
export interface ArtifactStore {
  /** Stores one file as an artifact of this name; its id. */
  upload(name: string, file: string): Promise<{ id: number }>;
  /** Puts the files of an artifact into a folder. */
  download(id: number, folder: string): Promise<void>;
  /** Artifacts of the repository, of earlier runs too; absent where there is no token to ask with. */
  list?(): Promise<{ id: number; name: string; bytes: number; expiresAt?: number }[]>;
  remove?(id: number): Promise<void>;
  /** For messages; default that of one run. */
  description?: string;
  /** How long GitHub keeps what is stored now. */
  retentionDays?: number;
}

const secondsOfDay = 24 * 60 * 60;

/**
 * Artifacts of this run. The store takes files, so the encrypted object passes through `temporary`; it is removed after
 * the upload, and what is read back comes from the store.
 */
export function artifactDestination(store: ArtifactStore, temporary: string): BackupDestination {
  const ids = new Map<string, number>();
  const find = async (name: string): Promise<number | undefined> =>
    ids.get(name) ?? (await store.list?.())?.find((artifact) => artifact.name === name)?.id;
  return {
    kind: 'artifact',
    description: store.description ?? 'artifact of this run',
    async write(name, source) {
      const folder = await mkdtemp(join(temporary, 'backup-upload-'));
      try {
        await directoryDestination(folder).write(name, source);
        ids.set(name, (await store.upload(name, join(folder, name))).id);
      } catch (error) {
        if (error instanceof BackupFailed) throw error;
        throw new BackupFailed('destination_failed', `artifact ${name}: ${(error as Error).message}`, { cause: error });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async *read(name) {
      const id = await find(name);
      if (id === undefined) throw new BackupFailed('destination_failed', `artifact ${name} is not there`);
      const folder = await mkdtemp(join(temporary, 'backup-read-'));
      try {
        await store.download(id, folder);
        yield* createReadStream(join(folder, name));
      } catch (error) {
        const why = `artifact ${name} cannot be read: ${(error as Error).message}`;
        throw new BackupFailed('destination_failed', why, { cause: error });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    list: async () => (await store.list?.()) ?? [],
    async remove(name) {
      const id = await find(name);
      if (id !== undefined) await store.remove?.(id);
    },
    // GitHub's own limit where the repository sets no other.
    expiresAt: (now) => now + (store.retentionDays ?? 90) * secondsOfDay,
  };
}
