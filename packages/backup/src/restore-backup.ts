import { BackupFailed } from './backup-error.ts';
import { decompressStream } from './compress-stream.ts';
import type { BackupDestination } from './destination.ts';
import type { Decryption } from './encryption.ts';
import { findPostgres } from './find-postgres.ts';
import { readText } from './find-verified-backup.ts';
import { type BackupManifest, parseManifest } from './manifest.ts';
import { parseContents, type StoredContents } from './stored-contents.ts';
import { type ExpectedObject, readBack, type VerifyResult, verifyBackup } from './verify-backup.ts';

/** A stored backup whose bytes are those that somebody vouched for. */
export interface OpenedBackup {
  manifest: BackupManifest;
  destination: BackupDestination;
  decryption: Decryption;
  contents: StoredContents;
}

/**
 * Opens a stored backup: the digest that was typed or recorded is compared with the manifest's and with the stored bytes
 * before anything is decrypted, for everybody can encrypt to a public key (S26).
 * @throws BackupFailed `digest_mismatch`, `destination_failed`, `encryption_failed`.
 */
export async function openBackup(given: {
  destination: BackupDestination;
  manifestFile: string;
  /** Hex SHA-256 of the object, from the release's record or the log of the run that made it. */
  digest: string;
  decryption: Decryption;
  signal?: AbortSignal;
}): Promise<OpenedBackup> {
  const { destination, manifestFile, decryption, signal } = given;
  const manifest = parseManifest(await readText(destination, manifestFile));
  const digest = given.digest.replace(/^sha256:/, '').toLowerCase();
  if (manifest.object.sha256 !== digest) {
    throw new BackupFailed(
      'digest_mismatch',
      `the manifest ${manifestFile} speaks of an object sha256:${manifest.object.sha256}, and the digest given is sha256:${digest}: this is another backup than the one that was recorded, or somebody has replaced it; nothing was decrypted`,
    );
  }
  if (manifest.object.encryption !== decryption.kind) {
    throw new BackupFailed(
      'encryption_failed',
      `the backup is encrypted with ${manifest.object.encryption} and the key given is one of ${decryption.kind}`,
    );
  }
  if (manifest.contents === undefined) {
    throw new BackupFailed(
      'destination_failed',
      `${manifest.name} was made by version 0.1, without a list of its contents: restore it by hand with ${manifest.restoreCommand}`,
    );
  }
  for (const object of [manifest.object, manifest.contents]) {
    const problem = await readBack(destination, object, signal);
    if (problem !== undefined) throw new BackupFailed('digest_mismatch', `${problem}; nothing was decrypted`);
  }
  try {
    const text = await collectText(decompressStream(decryption.decrypt(destination.read(manifest.contents.file))));
    return { manifest, destination, decryption, contents: parseContents(text) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof BackupFailed) throw error;
    throw new BackupFailed(
      'encryption_failed',
      `the key that was given does not open ${manifest.contents.file}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Restores into a throw-away server and compares with what the source held; the drill of every backup. */
export async function rehearseRestore(
  backup: OpenedBackup,
  options: { deadlineMs: number; log: (line: string) => void; signal?: AbortSignal },
): Promise<VerifyResult> {
  const { manifest, destination, decryption, contents } = backup;
  const binaries = await findPostgres({ major: Number.parseInt(contents.source.serverVersion, 10), server: true });
  const dump: ExpectedObject = manifest.object;
  return await verifyBackup({
    dump,
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
