import { chmod, chown, mkdtemp, readdir, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { removeContainer } from './docker-postgres.ts';
import type { OperatingSystemUser } from './unprivileged-user.ts';

const prefix = 'ops-actions-scratch-';
const memory = '/dev/shm';

/** Room that a scratch cluster takes before it holds anything. */
const emptyClusterBytes = 300 * 1024 * 1024;

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
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-${await startOf(process.pid)}-`));
  await chmod(folder, 0o700);
  if (given.user !== undefined) await chown(folder, given.user.uid, given.user.gid);
  return folder;
}

/** Removes the folders, and ends the servers in them, whose owner is gone. Never touches a folder of a living owner. */
export async function sweepScratchFolders(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const [, pid, start] = new RegExp(`^${prefix}(\\d+)-(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || (await startOf(Number(pid))) === start) continue;
    const folder = join(parent, name);
    await endServerIn(folder);
    // A folder of another account stays for that account's own sweep.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
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

/** Start time of a process in clock ticks, `0` where the system does not tell (then the pid alone counts), `-1` when gone. */
async function startOf(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The program's name in parentheses may contain spaces; field 22 counts from the start.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch {
    try {
      process.kill(pid, 0);
      return '0';
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM' ? '0' : '-1';
    }
  }
}

async function roomyParent(expectedBytes: number): Promise<string> {
  const wanted = 2 * expectedBytes + emptyClusterBytes;
  try {
    const { bavail, bsize } = await statfs(memory);
    return bavail * bsize > wanted ? memory : tmpdir();
  } catch {
    return tmpdir();
  }
}
