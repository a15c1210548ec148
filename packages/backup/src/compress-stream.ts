import { Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { pieceBytes } from './read-pieces.ts';

// Measured on an event log and on random text: a third of level 3's processor time on what cannot be compressed, two thirds on
// what can, and no larger in either.
const level = 1;

/** zstd frames, readable with `zstd -d`. Each chunk costs a way to a thread and back: large ones are quicker. */
export function compressStream(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  return through(source, createZstdCompress({ params, chunkSize: pieceBytes }));
}

export function decompressStream(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return through(source, createZstdDecompress({ chunkSize: pieceBytes }));
}

/** Nothing starts before the first chunk is asked for, and all of it ends when the reader leaves. */
async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createZstdCompress>,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  // pipe() does not carry errors: a source that broke must break the result, which the loop below reports.
  input.on('error', (error) => transform.destroy(error));
  transform.on('error', () => {});
  try {
    yield* input.pipe(transform) as AsyncIterable<Uint8Array>;
  } finally {
    transform.destroy();
    input.destroy();
  }
}
