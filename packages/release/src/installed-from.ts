import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** Where npm took an installed library from: a repository of GitHub and the commit. */
export interface InstalledFrom {
  repository: string;
  ref: string;
}

/**
 * Where npm installed this library from (`npx github:org/ops-actions#<commit>`), by npm's own record beside it; undefined for
 * a checkout, whose commit may never have been pushed, and for what the runner unpacked.
 * @param script the file that Node was started with; npm's `.bin/ops-actions` is a link
 */
export function installedFrom(script: string): InstalledFrom | undefined {
  if (!/[\\/]node_modules[\\/]/.test(script)) return undefined;
  try {
    const [, modules] = /^(.*[\\/]node_modules)[\\/]ops-actions[\\/]/.exec(realpathSync(script)) ?? [];
    if (modules === undefined) return undefined;
    const record = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as {
      packages?: Record<string, { resolved?: string }>;
    };
    return fromResolved(record.packages?.['node_modules/ops-actions']?.resolved ?? '');
  } catch {
    // Not installed by npm, or by one that keeps no record.
    return undefined;
  }
}

/** `git+ssh://git@github.com/acme/ops.git#<commit>`, as npm 7 and newer write it. Pure. */
export function fromResolved(resolved: string): InstalledFrom | undefined {
  const form = /^git\+(?:ssh|https):\/\/(?:git@)?github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?#([0-9a-f]{40})$/;
  const [, repository, ref] = form.exec(resolved) ?? [];
  return repository === undefined || ref === undefined ? undefined : { repository, ref };
}
