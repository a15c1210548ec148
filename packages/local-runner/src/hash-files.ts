import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { resolve, sep } from 'node:path';

/**
 * `hashFiles(…)`: SHA-256 over the SHA-256 of every matching file below the workspace, '' when nothing matches.
 * Synchronous because GitHub's evaluator is. Patterns are relative to the workspace; `!` takes files away again.
 */
export function hashFiles(workspace: string, given: string[]): string {
  const [first, ...rest] = given;
  const option = first?.startsWith('--') ? first : undefined;
  if (option !== undefined && option.toLowerCase() !== '--follow-symbolic-links') {
    throw new Error(`Invalid glob option ${option}, available option: '--follow-symbolic-links'.`);
  }
  const patterns = (option === undefined ? given : rest).flatMap((pattern) => pattern.split(/\r?\n/));
  const files = new Set<string>();
  for (const pattern of patterns.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))) {
    const excludes = pattern.startsWith('!');
    for (const file of matchingFiles(workspace, excludes ? pattern.slice(1) : pattern)) {
      if (excludes) files.delete(file);
      else files.add(file);
    }
  }
  const whole = createHash('sha256');
  const ordered = [...files].sort(compareByFolder).filter((file) => file.startsWith(workspace + sep));
  for (const file of ordered) whole.update(createHash('sha256').update(readFileSync(file)).digest());
  return ordered.length === 0 ? '' : whole.digest('hex');
}

/** A pattern that names a folder means everything below it. */
function matchingFiles(workspace: string, pattern: string): string[] {
  const found = globSync([pattern, `${pattern.replace(/\/+$/, '')}/**`], { cwd: workspace });
  return found
    .map((path) => resolve(workspace, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

/** The order in which the runner's walk visits files: each folder's entries by name. */
function compareByFolder(left: string, right: string): number {
  const [a, b] = [left.split(sep), right.split(sep)];
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const order = Buffer.compare(Buffer.from(a[index] ?? ''), Buffer.from(b[index] ?? ''));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
