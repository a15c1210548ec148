import { createHash } from 'node:crypto';
import type { FunctionSource } from './function-types.ts';

/** Vercel's meta is for short facts. */
const longest = 900;

/**
 * `health:1a2b3c4d notes:5e6f7a8b`, by name: which functions a deployment goes with, told apart by their files and their JWT rule; one
 * digest of all where there are too many to name. Pure.
 */
export function digestSources(sources: readonly FunctionSource[]): string {
  const named = sources
    .toSorted((a, b) => (a.slug < b.slug ? -1 : 1))
    .map((source) => `${source.slug}:${digestOf(source)}`)
    .join(' ');
  if (named.length <= longest) return named;
  return `${sources.length}:${createHash('sha256').update(named).digest('hex')}`;
}

function digestOf({ entrypoint, importMap, verifyJwt, files }: FunctionSource): string {
  const hash = createHash('sha256').update(JSON.stringify([entrypoint, importMap ?? '', verifyJwt]));
  for (const { path, content } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(JSON.stringify([path, content.length])).update(content);
  }
  return hash.digest('hex').slice(0, 8);
}
