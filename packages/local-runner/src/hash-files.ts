import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { globPattern } from './glob-pattern.ts';

/**
 * `hashFiles(…)`: SHA-256 over the SHA-256 of every matching file below the workspace, '' when nothing matches.
 * Synchronous because GitHub's evaluator is. Files are taken in the order of the runner's walk (its hashFiles script).
 */
export function hashFiles(workspace: string, given: string[]): string {
  const [first, ...rest] = given;
  const option = first?.startsWith('--') ? first : undefined;
  if (option !== undefined && option.toLowerCase() !== '--follow-symbolic-links') {
    throw new Error(`Invalid glob option ${option}, available option: '--follow-symbolic-links'.`);
  }
  const lines = (option === undefined ? given : rest).flatMap((text) => text.split(/\r?\n/)).map((line) => line.trim());
  const patterns = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => globPattern(workspace, line));
  const whole = createHash('sha256');
  let count = 0;
  for (const root of searchRoots(patterns.filter(({ negated }) => !negated).map(({ root }) => root))) {
    for (const file of walk(root, option !== undefined)) {
      const chosen = patterns.reduce((taken, { negated, matches }) => (matches(file) ? !negated : taken), false);
      if (!chosen || !file.startsWith(workspace + sep)) continue;
      whole.update(createHash('sha256').update(readFileSync(file)).digest());
      count += 1;
    }
  }
  return count === 0 ? '' : whole.digest('hex');
}

/** Folders to walk, without those that lie below another one. */
function searchRoots(roots: string[]): string[] {
  const distinct = [...new Set(roots)];
  return distinct.filter((root) => !distinct.some((other) => other !== root && root.startsWith(other + sep)));
}

function* walk(path: string, followLinks: boolean): Generator<string> {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind?.isFile()) yield path;
  if (!kind?.isDirectory()) return;
  const entries: Dirent[] = readdirSync(path, { withFileTypes: true });
  for (const entry of entries.sort((left, right) => Buffer.compare(Buffer.from(left.name), Buffer.from(right.name)))) {
    const child = join(path, entry.name);
    const isLinkToFolder = entry.isSymbolicLink() && statSync(child, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isLinkToFolder || followLinks) yield* walk(resolve(child), followLinks);
  }
}
