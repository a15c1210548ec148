import { resolve, sep } from 'node:path';

/** One line of a hashFiles pattern: `!` takes away, `*` and `**` also match names with a dot (toolkit's @actions/glob). */
export interface GlobPattern {
  negated: boolean;
  /** The folder or file before the first wildcard, absolute. */
  root: string;
  /** True for a file that the pattern names, or that lies below a folder it names. */
  matches(file: string): boolean;
}

/** Reads a pattern, relative to the workspace unless absolute. Braces and extended globs mean nothing, as in the toolkit. */
export function globPattern(workspace: string, line: string): GlobPattern {
  const negations = /^!*/.exec(line)?.[0].length ?? 0;
  const text = line.slice(negations).trim();
  const segments = resolve(workspace, text).split(sep);
  const firstWild = segments.findIndex((segment) => /[*?[]/.test(segment));
  const root = (firstWild < 0 ? segments : segments.slice(0, firstWild)).join(sep) || sep;
  const expression = new RegExp(`^${segments.slice(1).map(segmentPattern).join('')}(?:/.*)?$`, 's');
  return { negated: negations % 2 === 1, root, matches: (file) => expression.test(file) };
}

function segmentPattern(segment: string): string {
  if (segment === '**') return '(?:/[^/]*)*';
  let pattern = '/';
  for (let index = 0; index < segment.length; index += 1) {
    const character = segment[index] ?? '';
    const set = character === '[' ? /^\[([!^]?)([^\]]+)\]/.exec(segment.slice(index)) : null;
    if (set !== null) {
      pattern += `[${set[1] ? '^' : ''}${(set[2] ?? '').replaceAll('\\', '\\\\')}]`;
      index += set[0].length - 1;
    } else if (character === '*') pattern += '[^/]*';
    else if (character === '?') pattern += '[^/]';
    else pattern += character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  return pattern;
}
