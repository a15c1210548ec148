import { createHash } from 'node:crypto';
import { BackupFailed } from './backup-error.ts';
import type { BackupDestination } from './destination.ts';

/** One stored object and what its bytes must be. */
export interface ExpectedObject {
  file: string;
  bytes: number;
  sha256: string;
}

/** Reads a stored object again. @throws BackupFailed `digest_mismatch`, before anything is given out that was not compared. */
export type ReadAgain = () => AsyncIterable<Uint8Array>;

/** A digest for each: 32 bytes of memory for a mebibyte of the object. */
const blockBytes = 1024 * 1024;

/**
 * Reads a stored object and compares it with what is expected: what is wrong with it, or how to read it again. Between two reads
 * whoever can write to the store can put another object there, and a restore runs what it reads (S26). It needs neither the end
 * of its input to commit nor a commit to do harm: so every block is compared, with the digest of all up to it, before it is used.
 * @throws the destination's errors, or the abort reason
 */
export async function readBack(
  destination: BackupDestination,
  { file, bytes, sha256 }: ExpectedObject,
  signal?: AbortSignal,
): Promise<{ problem: string } | { problem?: undefined; readAgain: ReadAgain }> {
  const digests: Buffer[] = [];
  let length = 0;
  const hash = hashPieces();
  for await (const chunk of destination.read(file)) {
    signal?.throwIfAborted();
    length += chunk.length;
    for (const { upTo } of hash.add(chunk)) if (upTo !== undefined) digests.push(upTo);
  }
  digests.push(hash.end());
  if (length !== bytes)
    return { problem: `${destination.description} holds ${length} bytes of ${file}, ${bytes} were written` };
  if (digests.at(-1)?.toString('hex') !== sha256)
    return { problem: `${destination.description} holds other bytes of ${file} than were written` };
  const changed = () =>
    new BackupFailed('digest_mismatch', `${file} in ${destination.description} has changed since it was compared`);
  async function* readAgain(): AsyncGenerator<Uint8Array> {
    const hash = hashPieces();
    let block: Uint8Array[] = [];
    let count = 0;
    const compare = (upTo: Buffer) => {
      if (digests[count++]?.equals(upTo) !== true) throw changed();
    };
    for await (const chunk of destination.read(file)) {
      for (const { piece, upTo } of hash.add(chunk)) {
        block.push(piece);
        if (upTo === undefined) continue;
        compare(upTo);
        yield* block;
        block = [];
      }
    }
    compare(hash.end());
    yield* block;
  }
  return { readAgain };
}

/** Cuts what is read into pieces; with the one that ends a block, and with the end of all, comes the SHA-256 of everything up to there. */
function hashPieces() {
  const hash = createHash('sha256');
  let missing = blockBytes;
  return {
    *add(chunk: Uint8Array): Generator<{ piece: Uint8Array; upTo?: Buffer }> {
      for (let from = 0; from < chunk.length; ) {
        const piece = chunk.subarray(from, from + missing);
        hash.update(piece);
        from += piece.length;
        missing -= piece.length;
        if (missing > 0) {
          yield { piece };
          continue;
        }
        missing = blockBytes;
        yield { piece, upTo: hash.copy().digest() };
      }
    },
    end: () => hash.digest(),
  };
}
