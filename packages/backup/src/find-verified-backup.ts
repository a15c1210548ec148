import { BackupFailed } from './backup-error.ts';
import { isBeforeRestore } from './backup-name.ts';
import type { BackupDestination, StoredObject } from './destination.ts';
import { type BackupManifest, digestOf, parseManifest } from './manifest.ts';

/** A backup that lies in a destination, by its manifest. */
export interface FoundBackup {
  manifest: BackupManifest;
  manifestFile: string;
  /** Of the manifest as it lies there. */
  manifestDigest: { bytes: number; sha256: string };
  destination: BackupDestination;
  /** True when the object lies there with the size that the manifest says. */
  complete: boolean;
  /** Unix seconds at which the store drops the first of its files, where it says so. */
  expiresAt?: number;
}

/** Text that a manifest may have at most: hostile or damaged ones are not read whole. */
const manifestLimit = 64 * 1024 * 1024;

/**
 * Every backup in a destination, newest first. What is no manifest of ours is named and left out.
 * @throws BackupFailed `destination_failed` when the destination cannot be listed, or one of its manifests cannot be read: it
 * may be the newest one.
 */
export async function listBackups(
  destination: BackupDestination,
  log: (line: string) => void = () => {},
): Promise<FoundBackup[]> {
  const objects = await destination.list();
  const found: FoundBackup[] = [];
  for (const { name, bytes } of objects.filter((object) => object.name.endsWith('.manifest.json'))) {
    const notOurs = (why: string) => log(`${name} in ${destination.description} is not a manifest of ours: ${why}`);
    if (bytes > manifestLimit) {
      notOurs('it is larger than any of them');
      continue;
    }
    const text = await readListed(destination, name);
    if (text === undefined) continue;
    try {
      const manifest = parseManifest(text);
      found.push({
        manifest,
        manifestFile: name,
        manifestDigest: digestOf(text),
        destination,
        complete: isComplete(manifest, objects),
        ...expiryOf(manifest, name, objects),
      });
    } catch (error) {
      notOurs((error as Error).message.slice(0, 200));
    }
  }
  return found.sort((a, b) => b.manifest.createdAt - a.manifest.createdAt);
}

/** Undefined: it was removed since it was listed, as pruning does. */
async function readListed(destination: BackupDestination, name: string): Promise<string | undefined> {
  try {
    return await readText(destination, name);
  } catch (error) {
    if ((await destination.list()).some((object) => object.name === name)) throw error;
    return undefined;
  }
}

function expiryOf(manifest: BackupManifest, manifestFile: string, objects: readonly StoredObject[]) {
  const files = [manifest.object.file, manifest.contents?.file, manifestFile];
  const told = objects.flatMap(({ name, expiresAt }) =>
    files.includes(name) && expiresAt !== undefined ? [expiresAt] : [],
  );
  return told.length === 0 ? {} : { expiresAt: Math.min(...told) };
}

/** Unix seconds until which it can be read: what the store says counts more than what the manifest foresaw. Pure. */
export function keptUntil(backup: Pick<FoundBackup, 'manifest' | 'expiresAt'>): number | undefined {
  return backup.expiresAt ?? backup.manifest.expiresAt;
}

function isComplete(manifest: BackupManifest, objects: readonly StoredObject[]): boolean {
  const { object, contents } = manifest;
  return [object, ...(contents === undefined ? [] : [contents])].every((expected) => {
    const stored = objects.find((one) => one.name === expected.file);
    // Stores that pack what they keep (artifacts) know another size.
    return stored !== undefined && stored.bytes >= expected.bytes;
  });
}

export interface WantedBackup {
  /** Of `source.identity`: only backups of this very database. */
  identity?: string;
  /** Only backups that were made for this environment. */
  environment?: string;
  /** Unix seconds: not older than this. */
  since?: number;
  /** Unix seconds: older than this, e.g. the moment of a damage. */
  before?: number;
  /** False: none of a state that a restore was to give up. */
  beforeRestore?: false;
  /** True: also one whose object is gone or shorter than its manifest says, for whoever looks for just that. */
  incomplete?: true;
  /** Unix seconds; one that the store has dropped by then does not count. */
  now: number;
}

/** The newest one that restores: verified, complete, of this database or environment, in the wanted time. Pure. */
export function chooseBackup(backups: readonly FoundBackup[], wanted: WantedBackup): FoundBackup | undefined {
  const { identity, environment, since = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY, now } = wanted;
  return backups
    .filter((backup) => {
      const { manifest, complete } = backup;
      const { source } = manifest;
      const at = takenAt(manifest);
      return (
        (complete || wanted.incomplete === true) &&
        isRestorable(manifest) &&
        (identity === undefined || source.identity === identity) &&
        (environment === undefined || manifest.environment === environment) &&
        at >= since &&
        at < before &&
        (wanted.beforeRestore !== false || !isBeforeRestore(manifest.name)) &&
        (keptUntil(backup) ?? now) >= now
      );
    })
    .toSorted((a, b) => takenAt(b.manifest) - takenAt(a.manifest))[0];
}

/** Unix seconds: the rows are those of the snapshot, not of the moment at which the proof ended. Pure. */
export function takenAt({ source, createdAt }: Pick<BackupManifest, 'source' | 'createdAt'>): number {
  return source.snapshotAt ?? createdAt;
}

/** Whole and proven by a restore. Pure. */
export function isRestorable(manifest: BackupManifest): boolean {
  return manifest.verification.verdict === 'verified' && manifest.partial !== true;
}

/**
 * The newest verified backup of a database in any of the destinations.
 * `recorded` says whether its object and manifest stand in a record that who can write to the store cannot write to (S26);
 * a backup of which it says no is not found, and where it cannot say either there is no telling which is the newest.
 * @throws BackupFailed `destination_failed` of a store, or what `recorded` rejects with.
 */
export async function findVerifiedBackup(
  destinations: readonly BackupDestination[],
  wanted: WantedBackup & { recorded?: (backup: FoundBackup) => Promise<boolean> },
  log: (line: string) => void = () => {},
): Promise<FoundBackup | undefined> {
  const lists = await Promise.all(destinations.map((destination) => listBackups(destination, log)));
  let candidates = lists.flat();
  for (;;) {
    const chosen = chooseBackup(candidates, wanted);
    if (chosen === undefined || wanted.recorded === undefined) return chosen;
    if (await wanted.recorded(chosen)) return chosen;
    log(
      `${chosen.manifestFile} is not used: it stands in no record as it lies there (another manifest or object, or one that nobody recorded)`,
    );
    candidates = candidates.filter((one) => one !== chosen);
  }
}

/** A small stored text. @throws BackupFailed `destination_failed` when it is larger than any of ours. */
export async function readText(destination: BackupDestination, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of destination.read(name)) {
    bytes += chunk.length;
    if (bytes > manifestLimit) throw new BackupFailed('destination_failed', `${name} is larger than any manifest`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
