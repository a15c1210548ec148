import { BackupFailed } from '../backup-error.ts';
import { decompressStream } from '../compress-stream.ts';
import type { BackupDestination } from '../destination.ts';
import type { Decryption } from '../encryption.ts';
import { readBack } from '../read-back.ts';
import type { KeptObject } from './object-list.ts';
import type { RestoreTarget } from './restore-target.ts';

export interface RestoredObjects {
  /** Opened with their digests; without a target that is all that happens to them. */
  objects: number;
  bytes: number;
  /** `bucket/name` of what was there when it was written: somebody else's, and left alone. */
  taken: string[];
  /** `bucket/name: why`. */
  failed: string[];
}

/** Restored at the same time. */
const lanes = 4;
/** After so many it is the place or the key, and not an object. */
const mostFailures = 20;

/**
 * Puts versions back, each compared with the digest of the catalogue before anything of it is decrypted (S26), and once more while it
 * is. Without a target every one is opened and thrown away, which proves that it can be restored.
 * @throws the signal's reason, or BackupFailed where too many fail.
 */
export async function restoreObjects(given: {
  objects: readonly KeptObject[];
  versions: Readonly<Record<string, [number, string]>>;
  destination: BackupDestination;
  decryption: Decryption;
  target?: RestoreTarget | undefined;
  replace: boolean;
  signal: AbortSignal;
}): Promise<RestoredObjects> {
  const { target, replace, signal } = given;
  const done: RestoredObjects = { objects: 0, bytes: 0, taken: [], failed: [] };
  const queue = given.objects.values();
  const lane = async () => {
    for (const object of queue) {
      signal.throwIfAborted();
      const path = `${object.bucket}/${object.name}`;
      try {
        const plain = await openVersion(object, given);
        const outcome = target === undefined ? await count(plain, object) : await target.write(object, plain, replace);
        if (outcome === 'exists') done.taken.push(path);
        else {
          done.objects += 1;
          done.bytes += object.bytes;
        }
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Error)) throw error;
        done.failed.push(`${path}: ${error.message}`);
        if (done.failed.length > mostFailures)
          throw new BackupFailed('restore_failed', `too many objects fail, the last one: ${error.message}`, {
            cause: error,
          });
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return done;
}

/** The bytes of one version; whoever reads them to their end has read what the catalogue says. @throws BackupFailed. */
async function openVersion(
  { file }: KeptObject,
  { versions, destination, decryption, signal }: Parameters<typeof restoreObjects>[0],
): Promise<AsyncIterable<Uint8Array>> {
  const known = versions[file];
  if (known === undefined) throw new BackupFailed('digest_mismatch', 'its catalogue has no digest of it');
  const [bytes, sha256] = known;
  const stored = await readBack(destination, { file, bytes, sha256 }, signal);
  if (stored.problem !== undefined) throw new BackupFailed('digest_mismatch', stored.problem);
  return decompressStream(decryption.decrypt(stored.readAgain()));
}

async function count(plain: AsyncIterable<Uint8Array>, { bytes }: KeptObject): Promise<'stored'> {
  let found = 0;
  for await (const chunk of plain) found += chunk.length;
  if (found === bytes) return 'stored';
  throw new BackupFailed('digest_mismatch', `it opens to ${found} bytes, and ${bytes} were copied`);
}
