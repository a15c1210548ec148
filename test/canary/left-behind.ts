import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The text of every file below a folder, by path; what vanishes meanwhile is left out. */
export function* filesBelow(folder: string): Generator<{ path: string; text: string }> {
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) yield* filesBelow(path);
    else if (found?.isFile()) yield { path, text: readFileSync(path, 'latin1') };
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Collects the command lines of all processes of this machine until `stop`, which answers them; empty where there is no /proc. */
export function watchCommandLines(): { stop(): string[] } {
  const seen = new Set<string>();
  const look = (): void => {
    for (const name of namesIn('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      try {
        seen.add(readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // It ended between the two calls.
      }
    }
  };
  const timer = setInterval(look, 20);
  return {
    stop() {
      clearInterval(timer);
      return [...seen];
    },
  };
}
