import { imageRepositories } from '#config/scratch-image';
import type { PostgresBinaries, WantedPostgres } from './find-postgres.ts';

/**
 * Which of the programs of this machine are used (ADR 0011): an image of exactly the version that is wanted, from who publishes that
 * server; then what is installed; then an image of the same major. Who has every extension that is needed comes before who has not,
 * for a server without them cannot prove anything. Pure.
 */
export function choosePostgres(
  { installed, images }: { installed: readonly PostgresBinaries[]; images: readonly PostgresBinaries[] },
  { major, server, version, platform, extensions = [] }: WantedPostgres,
): PostgresBinaries | undefined {
  const fits = (one: PostgresBinaries) =>
    (major === undefined || one.major === major) && (server !== true || one.server);
  const publisher = platform ?? 'official';
  const isExact = (one: PostgresBinaries) => one.version === version && publisherOf(one) === publisher;
  const ordered = [
    ...images.filter(isExact),
    ...installed,
    ...images.filter((one) => !isExact(one) && publisherOf(one) === publisher),
    ...images.filter((one) => publisherOf(one) !== publisher),
  ].filter(fits);
  return ordered.find((one) => missingOf(one, extensions).length === 0) ?? ordered[0];
}

/** Those that a server of these programs would not have; none where nobody can tell. Pure. */
export function missingOf({ extensions }: PostgresBinaries, needed: readonly string[]): string[] {
  return extensions === undefined ? [] : needed.filter((name) => !extensions.includes(name));
}

function publisherOf({ image }: PostgresBinaries): 'official' | 'supabase' | undefined {
  return image && imageRepositories[image.reference.replace(/:[\w.-]+$/, '')];
}
