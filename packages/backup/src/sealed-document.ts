import { z } from 'zod';
import type { Clock } from '#http/clock';
import { BackupFailed } from './backup-error.ts';
import { compressStream, decompressStream } from './compress-stream.ts';
import type { BackupDestination } from './destination.ts';
import { type Decryption, openEncryption, type Recipients } from './encryption.ts';
import { readText } from './find-verified-backup.ts';
import { digestOf } from './manifest.ts';
import { measureStream } from './measure-stream.ts';
import { oneChunk } from './one-chunk.ts';
import { parseStored } from './parse-stored.ts';
import { type ReadAgain, readBack } from './read-back.ts';

const schemaVersion = 1;
const sealedKinds = ['configuration', 'objects'] as const;
/** What such a document is about; it is in the names of its files. */
export type SealedKind = (typeof sealedKinds)[number];

/** What stands beside a sealed document in clear text: nothing of its contents but counts. */
const sealedManifest = z.object({
  schemaVersion: z.literal(schemaVersion),
  kind: z.enum(sealedKinds),
  name: z.string(),
  /** Unix seconds. */
  createdAt: z.number(),
  environment: z.string().optional(),
  object: z.object({
    file: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    compression: z.literal('zstd'),
    encryption: z.enum(['age', 'gpg']),
  }),
  counts: z.record(z.string(), z.number()),
  /** Of objects: the stored versions that belong to it, each with bytes and SHA-256 of what is stored. */
  versions: z.record(z.string(), z.tuple([z.number(), z.string()])).optional(),
  /** Of objects: false where not every one of them is in it. */
  complete: z.boolean().optional(),
  /** Fingerprints of the keys that open it. */
  recipients: z.array(z.string()),
  destinations: z.array(z.string()),
  verification: z.object({ verdict: z.literal('verified'), reasonCode: z.string(), message: z.string() }),
  /** What a person types to read it. */
  readCommand: z.string(),
});

export type SealedManifest = z.infer<typeof sealedManifest>;

export interface SealedDocument {
  manifest: SealedManifest;
  manifestFile: string;
  manifestDigest: { bytes: number; sha256: string };
}

/** Larger ones are not read into memory, whoever wrote them. */
const largestBytes = 64 * 1024 * 1024;

/**
 * Stores one small document like a dump: encrypted before it leaves memory, created and never replaced, read back from every
 * destination and opened with a one-time key. The manifest is written last, so an object without one is the rest of a run that died.
 * @throws BackupFailed, or the signal's reason; then there is no manifest.
 */
export async function sealDocument(given: {
  kind: SealedKind;
  /** Unique; becomes `<name>.<kind>.zst.age` (or `.gpg`) and `<name>.<kind>.json`. */
  name: string;
  text: string;
  counts: Record<string, number>;
  versions?: Record<string, [number, string]>;
  complete?: boolean;
  environment?: string | undefined;
  /** The first one gets the stream, the others a copy of what it holds. */
  destinations: readonly BackupDestination[];
  recipients: Recipients;
  clock: Clock;
  signal?: AbortSignal;
}): Promise<SealedDocument> {
  const { kind, name, destinations, versions, complete, signal } = given;
  const [primary, ...others] = destinations;
  if (primary === undefined) throw new BackupFailed('destination_failed', 'no backup destination is given');
  const encryption = await openEncryption(given.recipients, signal);
  try {
    const file = `${name}.${kind}.zst.${encryption.kind}`;
    const { chunks, measurement } = measureStream(encryption.encrypt(compressStream(oneChunk(given.text))));
    await primary.write(file, chunks);
    for (const destination of others) await destination.write(file, primary.read(file));
    const object = { file, bytes: measurement.bytes, sha256: measurement.sha256() };
    for (const destination of destinations) {
      const stored = await readBack(destination, object, signal);
      if (stored.problem !== undefined) throw new BackupFailed('digest_mismatch', stored.problem);
      if ((await openText(stored.readAgain, file, encryption)) !== given.text)
        throw new BackupFailed('digest_mismatch', `${destination.description}: ${file} opens to something else`);
    }
    const manifest: SealedManifest = {
      schemaVersion,
      ...{ kind, name },
      createdAt: given.clock.now() / 1000,
      ...(given.environment === undefined ? {} : { environment: given.environment }),
      object: { ...object, compression: 'zstd', encryption: encryption.kind },
      counts: given.counts,
      ...(versions === undefined ? {} : { versions }),
      ...(complete === undefined ? {} : { complete }),
      recipients: encryption.fingerprints,
      destinations: destinations.map(({ description }) => description),
      verification: {
        verdict: 'verified',
        reasonCode: 'opened_and_equal',
        message: 'read back from every destination, opened with a one-time key, and equal to what was read',
      },
      readCommand: readCommand(file, encryption.kind),
    };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    const manifestFile = `${name}.${kind}.json`;
    for (const destination of destinations) {
      await destination.write(manifestFile, oneChunk(text));
      const { problem } = await readBack(destination, { file: manifestFile, ...digestOf(text) }, signal);
      if (problem !== undefined) throw new BackupFailed('destination_failed', problem);
    }
    return { manifest, manifestFile, manifestDigest: digestOf(text) };
  } finally {
    await encryption.close();
  }
}

/**
 * The text of a sealed document. What is stored must have the digest that was typed or recorded before anything is decrypted:
 * everybody can encrypt to a public key (S26).
 * @throws BackupFailed `digest_mismatch`, `encryption_failed`, `destination_failed`.
 */
export async function openDocument(given: {
  destination: BackupDestination;
  manifestFile: string;
  /** Hex SHA-256 of the object. */
  digest: string;
  /** The same of the manifest, from a record. */
  manifestDigest?: string | undefined;
  decryption: Decryption;
  signal?: AbortSignal;
}): Promise<{ manifest: SealedManifest; text: string }> {
  const { destination, manifestFile, decryption, signal } = given;
  const manifestText = await readText(destination, manifestFile);
  const manifest = parseSealedManifest(manifestText);
  const { object } = manifest;
  if (object.sha256 !== given.digest.replace(/^sha256:/, '').toLowerCase())
    throw new BackupFailed(
      'digest_mismatch',
      `the manifest ${manifestFile} speaks of an object sha256:${object.sha256}, which is not the digest that was given: this is another one than was recorded, or somebody has replaced it; nothing was decrypted`,
    );
  if (given.manifestDigest !== undefined && digestOf(manifestText).sha256 !== given.manifestDigest)
    throw new BackupFailed(
      'digest_mismatch',
      `the manifest ${manifestFile} is not the one that was recorded with its object: somebody has replaced it; nothing was decrypted`,
    );
  if (object.encryption !== decryption.kind)
    throw new BackupFailed(
      'encryption_failed',
      `${object.file} is encrypted with ${object.encryption} and the key given is one of ${decryption.kind}`,
    );
  const stored = await readBack(destination, object, signal);
  if (stored.problem !== undefined)
    throw new BackupFailed('digest_mismatch', `${stored.problem}; nothing was decrypted`);
  try {
    return { manifest, text: await openText(stored.readAgain, object.file, decryption) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof BackupFailed) throw error;
    const why = `the key that was given does not open ${object.file}: ${(error as Error).message}`;
    throw new BackupFailed('encryption_failed', why, { cause: error });
  }
}

/** @throws BackupFailed `destination_failed` that names a newer schema version, or what is wrong. */
export function parseSealedManifest(text: string): SealedManifest {
  return parseStored(text, { what: 'the manifest', shape: sealedManifest, schemaVersion });
}

async function openText(readAgain: ReadAgain, file: string, { decrypt }: Pick<Decryption, 'decrypt'>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of decompressStream(decrypt(readAgain()))) {
    bytes += chunk.length;
    if (bytes > largestBytes) throw new BackupFailed('destination_failed', `${file} is larger than any of them`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readCommand(file: string, encryption: 'age' | 'gpg'): string {
  const decrypt = encryption === 'age' ? 'age --decrypt --identity backup-key.txt' : 'gpg --decrypt';
  return `${decrypt} ${file} | zstd --decompress --stdout`;
}
