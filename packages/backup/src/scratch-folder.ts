import { chown, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { removeContainer } from './docker-command.ts';
import { estimateScratchBytes } from './estimate-backup.ts';
import { createOwnedFolder, sweepOwnedFolders } from './owned-folder.ts';
import type { OperatingSystemUser } from './unprivileged-user.ts';

const prefix = 'ops-actions-scratch-';
const memory = '/dev/shm';

/**
 * A private folder (mode 0700) for one scratch cluster, in memory when it fits there twice, else in the temporary folder
 * (S25). Its name carries the process that owns it, so that what a crash left behind is recognised and swept.
 */
export async function createScratchFolder(given: {
  parent?: string;
  expectedBytes?: number;
  user?: OperatingSystemUser;
}): Promise<string> {
  const parent = given.parent ?? (await roomyParent(given.expectedBytes ?? 0));
  await sweepScratchFolders(parent);
  const folder = await createOwnedFolder(parent, prefix);
  if (given.user !== undefined) await chown(folder, given.user.uid, given.user.gid);
  return folder;
}

/** Removes the folders, and ends the servers in them, whose owner is gone. Never touches a folder of a living owner. */
export async function sweepScratchFolders(parent: string): Promise<void> {
  await sweepOwnedFolders(parent, prefix, endServerIn);
}

/** Holds the name of the container whose server uses the folder. */
export const containerFile = 'container';

/** Ends the server of a cluster in this folder, if one runs: pid files outlive their process. */
export async function endServerIn(folder: string): Promise<void> {
  const container = await readFile(join(folder, containerFile), 'utf8').catch(() => '');
  if (container === basename(folder)) return await removeContainer(container);
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(folder)) return;
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It ended by itself, or belongs to another account.
  }
}

/** What a scratch copy of a database of this size takes, and what is free where it would lie; undefined: nobody knows. */
export async function scratchRoom(databaseBytes: number): Promise<{ needed: number; free: number | undefined }> {
  const free = await freeBytes(await roomyParent(databaseBytes));
  return { needed: estimateScratchBytes(databaseBytes), free };
}

async function roomyParent(expectedBytes: number): Promise<string> {
  const free = await freeBytes(memory);
  return free !== undefined && free > estimateScratchBytes(expectedBytes) ? memory : tmpdir();
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
