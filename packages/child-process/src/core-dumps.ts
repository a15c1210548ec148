import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let done = false;

/**
 * Keeps the programs that this process starts from writing core dumps, which would hold their secrets (S13). Costs a read of
 * /proc where they are off already, as on most machines; where they cannot be switched off they stay as they are.
 */
export function switchCoreDumpsOff(): void {
  if (done || process.platform !== 'linux') return;
  done = true;
  try {
    if (/^Max core file size\s+0\s/m.test(readFileSync('/proc/self/limits', 'utf8'))) return;
    execFileSync('prlimit', ['--pid', String(process.pid), '--core=0:0'], { stdio: 'ignore', timeout: 2_000 });
  } catch {
    // No /proc or no prlimit (util-linux): the machine's own setting stays.
  }
}
