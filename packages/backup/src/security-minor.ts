import type { PostgresBinaries } from './find-postgres.ts';

/**
 * First minor version of each major without a hole in pg_dump or pg_restore known to this release. Source: CVE-2026-18408 ("versions before
 * PostgreSQL 18.6, 17.11, 16.15, 15.19, and 14.24 are affected"), the newest one that names these programs.
 */
const firstSafeMinor: Record<number, number> = { 14: 24, 15: 19, 16: 15, 17: 11, 18: 6 };

/** What to say of programs below that minor, or of a major that gets no fixes any more (S32); undefined of others. Pure. */
export function describeOutdated({ major, version }: Pick<PostgresBinaries, 'major' | 'version'>): string | undefined {
  const oldest = Math.min(...Object.keys(firstSafeMinor).map(Number));
  if (major < oldest) return `pg_dump and pg_restore ${version} are of a major version that gets no security fixes`;
  const safe = firstSafeMinor[major];
  // A beta or release candidate has no minor yet: it is older than every release of its major.
  const minor = Number(/^\d+\.(\d+)$/.exec(version)?.[1] ?? -1);
  if (safe === undefined || minor >= safe) return undefined;
  return `pg_dump and pg_restore ${version} lack security fixes: update the PostgreSQL packages to ${major}.${safe} or newer`;
}
