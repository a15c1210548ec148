import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A private folder (mode 0700) whose name carries the process that owns it, so that what a crash left behind is recognised. */
export async function createOwnedFolder(parent: string, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(parent, `${prefix}${process.pid}-${await startOf(process.pid)}-`));
  await chmod(folder, 0o700);
  return folder;
}

/** Removes the folders of a prefix whose owner is gone, after `end` has ended what still uses them. Never one of a living owner. */
export async function sweepOwnedFolders(
  parent: string,
  prefix: string,
  end: (folder: string) => Promise<void> = async () => {},
): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const [, pid, start] = new RegExp(`^${prefix}(\\d+)-(\\d+)-`).exec(name) ?? [];
    if (pid === undefined || (await startOf(Number(pid))) === start) continue;
    const folder = join(parent, name);
    await end(folder);
    // A folder of another account stays for that account's own sweep.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
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
