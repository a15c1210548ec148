import { BackupFailed } from './backup-error.ts';
import type { BackupDestination } from './destination.ts';
import { readText } from './find-verified-backup.ts';
import { parseSealedManifest, type SealedManifest } from './sealed-document.ts';

const ending = '.configuration.json';
const secondsOfDay = 24 * 60 * 60;
/** A manifest from further ahead was not made by a clock of ours. */
const aheadSeconds = 60 * 60;

/** A backup of the configuration that lies in a destination. */
export interface FoundDocument {
  manifest: SealedManifest;
  manifestFile: string;
  /** Its object lies there with the size that the manifest says. */
  complete: boolean;
}

/** @throws BackupFailed `destination_failed` where the place cannot be listed or one of them cannot be read. */
export async function listDocuments(
  destination: BackupDestination,
  log: (line: string) => void,
): Promise<FoundDocument[]> {
  const files = await destination.list();
  const found: FoundDocument[] = [];
  for (const { name } of files.filter((file) => file.name.endsWith(ending))) {
    try {
      const manifest = parseSealedManifest(await readText(destination, name));
      const { file, bytes } = manifest.object;
      const complete = files.some((one) => one.name === file && one.bytes === bytes);
      found.push({ manifest, manifestFile: name, complete });
    } catch (error) {
      // One that cannot be used is nobody's newest, and is never removed.
      if (!(error instanceof BackupFailed)) throw error;
      log(`${name} in ${destination.description} is left alone: ${error.message}`);
    }
  }
  return found;
}

/**
 * Which of them are removed: of this environment, under the names that we give, older than `keepDays`. The newest one stays whatever
 * its age, and while it is itself older, or not complete, all stay. Pure.
 */
export function decideDocumentPruning(
  documents: readonly FoundDocument[],
  given: { environment: string; keepDays: number /** Unix seconds. */; now: number },
): FoundDocument[] {
  const age = ({ manifest }: FoundDocument) => given.now - manifest.createdAt;
  const [newest, ...older] = documents
    .filter((one) => one.manifest.environment === given.environment && isOurs(one) && age(one) >= -aheadSeconds)
    .toSorted((a, b) => age(a) - age(b));
  const limit = given.keepDays * secondsOfDay;
  if (newest === undefined || !newest.complete || age(newest) > limit) return [];
  return older.filter((one) => age(one) > limit);
}

/** Removes them, the manifest last, so that a death in between is taken up again; their names. @throws BackupFailed. */
export async function pruneDocuments(
  destination: BackupDestination,
  chosen: readonly FoundDocument[],
  { log, signal }: { log: (line: string) => void; signal?: AbortSignal },
): Promise<string[]> {
  for (const { manifest, manifestFile } of chosen) {
    signal?.throwIfAborted();
    await destination.remove(manifest.object.file);
    await destination.remove(manifestFile);
    log(`${destination.description}: ${manifest.name} removed, its time is over`);
  }
  return chosen.map(({ manifest }) => manifest.name);
}

/** A manifest is text in a store: it must not name files of others. */
function isOurs({ manifest, manifestFile }: FoundDocument): boolean {
  const { kind, name, object } = manifest;
  return (
    kind === 'configuration' &&
    manifestFile === `${name}${ending}` &&
    object.file === `${name}.configuration.zst.${object.encryption}`
  );
}
