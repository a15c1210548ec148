import type { Readable } from 'node:stream';

/** Enough that what is done for each piece costs little beside what is done for each byte. */
export const pieceBytes = 256 * 1024;

/** Read while the piece before is still being used: else a program waits for its reader as often as that waits for it. */
const aheadBytes = 2 * 1024 * 1024;

/**
 * The output of a program in pieces of 256 KiB or more, at most what was read ahead, the first one as soon as there is anything.
 * pg_dump writes 4 KiB at a time, and iterating over those costs more processor time than compressing them.
 */
export async function* readPieces(stream: Readable): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  let wanted = 1;
  let ended = stream.destroyed || stream.readableEnded;
  let failure: unknown;
  let wake = () => {};
  stream.on('data', (chunk: Uint8Array) => {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes >= aheadBytes) stream.pause();
    if (bytes >= wanted) wake();
  });
  const end = (error?: unknown) => {
    ended = true;
    failure ??= error;
    wake();
  };
  stream.once('end', () => end()).once('close', () => end());
  stream.on('error', end);
  try {
    for (;;) {
      if (bytes < wanted && !ended) {
        await new Promise<void>((resolve) => (wake = resolve));
      }
      if (failure !== undefined) throw failure;
      if (bytes > 0) {
        const piece = held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held, bytes);
        held = [];
        bytes = 0;
        wanted = pieceBytes;
        stream.resume();
        yield piece;
      } else if (ended) return;
    }
  } finally {
    stream.destroy();
  }
}

/** Any stream in such pieces. */
export async function* inPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(held, bytes);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}
