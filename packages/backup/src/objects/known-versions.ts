import type { StoredObject } from '../destination.ts';
import type { FoundCatalogue } from './find-catalogues.ts';
import { readVersionFile } from './object-list.ts';

export interface KnownVersion {
  file: string;
  bytes: number;
  sha256: string;
}

/**
 * Versions that need not be copied again, by their key: a catalogue of ours names them, they lie in every destination with their
 * size, and every key of today opens them. Pure.
 */
export function knownVersions(
  catalogues: readonly Pick<FoundCatalogue, 'manifest'>[],
  /** Of each destination. */
  places: readonly (readonly StoredObject[])[],
  recipients: readonly string[],
): Map<string, KnownVersion> {
  const sizes = places.map((files) => new Map(files.map(({ name, bytes }) => [name, bytes])));
  const known = new Map<string, KnownVersion>();
  for (const { manifest } of catalogues) {
    if (!recipients.every((recipient) => manifest.recipients.includes(recipient))) continue;
    for (const [file, [bytes, sha256]] of Object.entries(manifest.versions ?? {})) {
      const key = readVersionFile(file)?.key;
      const there = sizes.every((size) => size.get(file) === bytes);
      if (key !== undefined && there && !known.has(key)) known.set(key, { file, bytes, sha256 });
    }
  }
  return known;
}
