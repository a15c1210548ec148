import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Whether a process is gone, at once or within half a minute: a kill is carried out when the kernel gets round to it. */
export async function isGone(pid: number): Promise<boolean> {
  for (let turn = 0; turn < 600 && isAlive(pid); turn += 1) await wait(50);
  return !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // In a container without an init process nobody collects an ended orphan: it stays as a zombie.
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
