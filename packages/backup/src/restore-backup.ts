import { BackupFailed } from './backup-error.ts';
import { decompressStream } from './compress-stream.ts';
import type { BackupDestination } from './destination.ts';
import type { Decryption } from './encryption.ts';
import { describePostgres, findPostgres } from './find-postgres.ts';
import { readText } from './find-verified-backup.ts';
import { type BackupManifest, digestOf, parseManifest } from './manifest.ts';
import { type ExpectedObject, readBack } from './read-back.ts';
import { parseContents, type StoredContents } from './stored-contents.ts';
import { type ComparedDump, type VerifyResult, verifyBackup } from './verify-backup.ts';
import { wantedForBackup } from './wanted-postgres.ts';

/** A stored backup whose bytes are those that somebody vouched for. */
export interface OpenedBackup {
  manifest: BackupManifest;
  destination: BackupDestination;
  decryption: Decryption;
  /** Every restore reads it by this, and so gets nothing but what was compared. */
  dump: ComparedDump;
  contents: StoredContents;
  /** False where only the digest of the dump was typed: nothing vouches for the contents then. */
  recorded: boolean;
}

/** Which stored backup is meant, and the digests that somebody vouched for. */
export interface VouchedBackup {
  destination: BackupDestination;
  manifestFile: string;
  /** Hex SHA-256 of the object, from the release's record or the log of the run that made it. */
  digest: string;
  /** The same of the manifest, from a record. */
  manifestDigest?: string | undefined;
  signal?: AbortSignal;
}

/**
 * Opens a stored backup: the digest that was typed or recorded is compared with the manifest's and with the stored bytes
 * before anything is decrypted, for everybody can encrypt to a public key (S26).
 * @throws BackupFailed `digest_mismatch`, `destination_failed`, `encryption_failed`.
 */
export async function openBackup(given: VouchedBackup & { decryption: Decryption }): Promise<OpenedBackup> {
  const { destination, manifestDigest, decryption, signal } = given;
  const manifest = await readVouched(given);
  if (manifest.object.encryption !== decryption.kind) {
    throw new BackupFailed(
      'encryption_failed',
      `the backup is encrypted with ${manifest.object.encryption} and the key given is one of ${decryption.kind}`,
    );
  }
  const { dump, contents } = await readBackVouched(manifest, given);
  try {
    const text = await collectText(decompressStream(decryption.decrypt(contents.readAgain())));
    return {
      manifest,
      destination,
      decryption,
      dump,
      contents: parseContents(text),
      recorded: manifestDigest !== undefined,
    };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof BackupFailed) throw error;
    throw new BackupFailed(
      'encryption_failed',
      `the key that was given does not open ${contents.file}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Reads a stored backup back and compares it with what was vouched for. No key is needed, and nothing is decrypted: it is the backup
 * that was vouched for, byte for byte, which says nothing about who can open it.
 * @throws BackupFailed `digest_mismatch`, `destination_failed`.
 */
export async function compareStored(given: VouchedBackup): Promise<BackupManifest> {
  const manifest = await readVouched(given);
  await readBackVouched(manifest, given);
  return manifest;
}

/** The manifest, which is that of the backup that was vouched for. */
async function readVouched({ destination, manifestFile, manifestDigest, ...given }: VouchedBackup) {
  const manifestText = await readText(destination, manifestFile);
  const manifest = parseManifest(manifestText);
  const digest = given.digest.replace(/^sha256:/, '').toLowerCase();
  if (manifest.object.sha256 !== digest) {
    throw new BackupFailed(
      'digest_mismatch',
      `the manifest ${manifestFile} speaks of an object sha256:${manifest.object.sha256}, and the digest given is sha256:${digest}: this is another backup than the one that was recorded, or somebody has replaced it; nothing was decrypted`,
    );
  }
  if (manifestDigest !== undefined && digestOf(manifestText).sha256 !== manifestDigest) {
    throw new BackupFailed(
      'digest_mismatch',
      `the manifest ${manifestFile} is not the one that was recorded with its object: somebody has replaced it; nothing was decrypted`,
    );
  }
  return manifest;
}

async function readBackVouched(manifest: BackupManifest, { destination, signal }: VouchedBackup) {
  const { contents } = manifest;
  if (contents === undefined) {
    throw new BackupFailed(
      'destination_failed',
      `${manifest.name} was made by version 0.1, without a list of its contents: restore it by hand with ${manifest.restoreCommand}`,
    );
  }
  const compare = async (object: ExpectedObject) => {
    const started = performance.now();
    const stored = await readBack(destination, object, signal);
    if (stored.problem !== undefined)
      throw new BackupFailed('digest_mismatch', `${stored.problem}; nothing was decrypted`);
    return { file: object.file, readAgain: stored.readAgain, seconds: (performance.now() - started) / 1000 };
  };
  return { dump: await compare(manifest.object), contents: await compare(contents) };
}

/** Restores into a throw-away server and compares with what the source held; the drill of every backup. */
export async function rehearseRestore(
  backup: OpenedBackup,
  {
    scratchImage,
    ...options
  }: { deadlineMs: number; scratchImage?: string | undefined; log: (line: string) => void; signal?: AbortSignal },
): Promise<VerifyResult> {
  const { manifest, destination, decryption, contents } = backup;
  const binaries = await findPostgres({ ...wantedForBackup(contents.source), image: scratchImage });
  options.log(`the programs of the scratch server: ${describePostgres(binaries)}`);
  return await verifyBackup({
    dump: manifest.object,
    compared: backup.dump,
    level: 'restore',
    destinations: [destination],
    decrypt: decryption.decrypt,
    binaries,
    source: contents.source,
    counted: Promise.resolve({ contents: contents.contents }),
    ...(contents.surroundings === undefined ? {} : { surroundings: contents.surroundings }),
    ...(manifest.partial === true ? { tables: contents.contents.tables.map((table) => table.name) } : {}),
    ...options,
  });
}

async function collectText(source: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
