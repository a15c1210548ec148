import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export type FileState = 'new' | 'unchanged' | 'different';

/** A file to write, with what is there now. */
export interface PlannedFile {
  path: string;
  text: string;
  state: FileState;
}

/** Compares what is to be written with what is there. */
export async function compareFiles(root: string, files: Record<string, string>): Promise<PlannedFile[]> {
  return await Promise.all(
    Object.entries(files).map(async ([path, text]): Promise<PlannedFile> => {
      const found = await readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return { path, text, state: found === undefined ? 'new' : found === text ? 'unchanged' : 'different' };
    }),
  );
}

/** Writes new and different files, each whole or not at all. */
export async function writeFiles(root: string, files: readonly PlannedFile[]): Promise<void> {
  for (const { path, text, state } of files) {
    if (state === 'unchanged') continue;
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    const beside = `${file}.ops-actions-${process.pid}`;
    await writeFile(beside, text, { flag: 'wx' });
    await rename(beside, file);
  }
}
