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
}

/**
 * Artifacts of this run. The store takes files, so the encrypted object passes through `temporary`; it is removed after
 * the upload, and what is read back comes from the store.
 */
export function artifactDestination(store: ArtifactStore, temporary: string): BackupDestination {
  const ids = new Map<string, number>();
  return {
    kind: 'artifact',
    description: 'artifact of this run',
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
      const id = ids.get(name);
      if (id === undefined) throw new BackupFailed('destination_failed', `artifact ${name} was not stored by this run`);
      const folder = await mkdtemp(join(temporary, 'backup-read-'));
      try {
        await store.download(id, folder);
        yield* createReadStream(join(folder, name));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
