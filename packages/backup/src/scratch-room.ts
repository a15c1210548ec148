import { statfs } from 'node:fs/promises';
import { estimateScratchBytes } from './estimate-backup.ts';
import { describeBytes } from './measure-stream.ts';

/** A server that cannot write its next 16 MiB of log ends without a word to its clients. */
const tooLittle = 16 * 1024 * 1024;

/** What to say of a failure that a full disk made, and what to do; undefined where it was something else. */
export async function describeFullScratch(
  error: unknown,
  given: { folder: string | undefined; databaseBytes: number },
): Promise<string | undefined> {
  const { folder, databaseBytes } = given;
  const told = /no space left on device|disk quota exceeded/i.test((error as Error).message);
  if (!told && !(await isFull(folder))) return undefined;
  const needed = describeBytes(estimateScratchBytes(databaseBytes));
  return `there is no room left for the scratch copy${folder === undefined ? '' : ` in ${folder}`}, which takes about ${needed}: set TMPDIR of the job to a folder on a larger disk, or use a larger runner`;
}

async function isFull(folder: string | undefined): Promise<boolean> {
  if (folder === undefined) return false;
  const room = await statfs(folder).catch(() => undefined);
  return room !== undefined && room.bavail * room.bsize < tooLittle;
}
