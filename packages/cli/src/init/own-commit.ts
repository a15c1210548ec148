import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * The commit from which npm installed this library (`npx github:org/ops-actions#<commit>`), read from npm's own record;
 * undefined for a checkout, whose commit may never have been pushed.
 */
export async function ownCommit(libraryRoot: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(dirname(libraryRoot), '.package-lock.json'), 'utf8');
    const lock = JSON.parse(text) as { packages?: Record<string, { resolved?: string }> };
    const resolved = lock.packages?.['node_modules/ops-actions']?.resolved ?? '';
    return /^git\+(?:ssh|https):\/\/.*#([0-9a-f]{40})$/.exec(resolved)?.[1];
  } catch {
    // Not installed by npm.
    return undefined;
  }
}
