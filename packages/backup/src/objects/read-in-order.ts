import { BackupFailed } from '../backup-error.ts';

/**
 * Gives a stream of a known length out by offsets that only move on: the last piece can be read again, as a repeated request wants
 * it, and nothing before it. So no more than a piece and a chunk are ever held. The last piece is given out only when the stream has
 * ended well, so that what checks it at its end has spoken.
 */
export function readInOrder(source: AsyncIterable<Uint8Array>, total: number) {
  const iterator = source[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let start = 0;
  let ended = false;
  const wrong = (why: string) => new BackupFailed('destination_failed', why);
  return {
    /** @throws BackupFailed `destination_failed`, or what the stream throws. */
    async read(offset: number, length: number): Promise<Uint8Array> {
      if (offset < start) throw wrong('the store wants the object from its beginning again: run again');
      const last = offset + length >= total;
      const chunks = [held.subarray(Math.min(offset - start, held.length))];
      let skip = Math.max(0, offset - start - held.length);
      let bytes = chunks[0]?.length ?? 0;
      while (!ended && (bytes < length || last)) {
        const next = await iterator.next();
        if (next.done === true) {
          ended = true;
          break;
        }
        const chunk = Buffer.from(next.value).subarray(Math.min(skip, next.value.length));
        skip -= next.value.length - chunk.length;
        chunks.push(chunk);
        bytes += chunk.length;
        if (last && bytes > length) throw wrong('the stored object is longer than its list says');
      }
      held = Buffer.concat(chunks, bytes);
      start = offset;
      if (bytes < length) throw wrong('the stored object is shorter than its list says');
      return held.subarray(0, length);
    },
    async end() {
      await iterator.return?.();
    },
  };
}
