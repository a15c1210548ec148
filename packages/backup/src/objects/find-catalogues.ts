import { BackupFailed } from '../backup-error.ts';
import type { BackupDestination, StoredObject } from '../destination.ts';
import { readText } from '../find-verified-backup.ts';
import { digestOf } from '../manifest.ts';
import { parseSealedManifest, type SealedManifest } from '../sealed-document.ts';

/** The manifest of one run: what there was, and where each version lies. */
export interface FoundCatalogue {
  manifest: SealedManifest;
  manifestFile: string;
  /** Hex SHA-256 of the manifest as it lies there. */
  manifestDigest: string;
}

const ending = '.objects.json';

/**
 * The catalogues of one environment in a destination, newest first, and everything that lies there. `trusted` says which manifests
 * somebody vouched for: a store that others can write to proves nothing by itself (S26).
 * @throws BackupFailed `destination_failed` where the place cannot be listed or a manifest cannot be read.
 */
export async function findCatalogues(
  destination: BackupDestination,
  given: {
    environment: string | undefined;
    trusted(name: string, digest: string): Promise<boolean>;
    /** Only the newest complete one, and the parts of runs after it. */
    newestOnly?: boolean;
    log(line: string): void;
  },
): Promise<{
  catalogues: FoundCatalogue[];
  /**
   * Of other environments in the same place, and those of this one that stand in no record; nobody vouched for them. With `newestOnly`
   * not all of them.
   */
  others: SealedManifest[];
  /** Files named like catalogues that this version cannot read. */
  unread: number;
  files: StoredObject[];
}> {
  const files = await destination.list();
  const found: FoundCatalogue[] = [];
  const others: SealedManifest[] = [];
  let unread = 0;
  const names = files.map(({ name }) => name).filter((name) => name.endsWith(ending));
  for (const name of names.toSorted((a, b) => (timeIn(a) < timeIn(b) ? 1 : -1))) {
    if (given.newestOnly === true && found.some(({ manifest }) => manifest.complete === true)) break;
    const text = await readText(destination, name);
    let manifest: SealedManifest;
    try {
      manifest = parseSealedManifest(text);
    } catch (error) {
      if (!(error instanceof BackupFailed)) throw error;
      given.log(`${name} in ${destination.description} is not a manifest of ours: ${error.message}`);
      unread += 1;
      continue;
    }
    const { sha256 } = digestOf(text);
    if (manifest.kind !== 'objects' || `${manifest.name}${ending}` !== name) continue;
    if (manifest.environment !== given.environment) {
      others.push(manifest);
      continue;
    }
    if (!(await given.trusted(manifest.name, sha256))) {
      given.log(`${name} in ${destination.description} is not used: it stands in no record as it lies there`);
      others.push(manifest);
      continue;
    }
    found.push({ manifest, manifestFile: name, manifestDigest: sha256 });
  }
  return { catalogues: found.sort((a, b) => b.manifest.createdAt - a.manifest.createdAt), others, unread, files };
}

/** `20260124T020000Z` in the name that we give; '' where there is none. */
function timeIn(name: string): string {
  return /\d{8}T\d{6}Z(?=-\d+\.\d+)/.exec(name)?.[0] ?? '';
}

/** The place of objects in a destination of backups: beside the dumps, and not among them. Pure. */
export const objectsFolder = 'objects';
