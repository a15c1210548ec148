import { setTimeout as wait } from 'node:timers/promises';
import { HttpError } from '#http/http-error';
import { BackupFailed } from './backup-error.ts';
import type { S3Client, S3Request } from './s3-client.ts';

const standardIdleMs = 30_000;
/** Attempts without a single new byte before a read is given up. */
const fruitless = 4;

/** A store that gives an object from a byte on; 206 then, with the ETag of the object. */
export interface RangeReader {
  description: string;
  stream(
    request: Pick<S3Request, 'method' | 'key' | 'headers' | 'signal' | 'accept' | 'purpose'>,
  ): ReturnType<S3Client['stream']>;
}

/**
 * The bytes of an object. A connection that is cut or falls silent is taken up again where it ended, from the same object:
 * its ETag is a condition and is compared, for not every store honours conditions: two objects never make one.
 * @throws BackupFailed `destination_failed`.
 */
export async function* readResumed(
  client: RangeReader,
  key: string,
  options: { signal?: AbortSignal; log?: (line: string) => void; idleMs?: number } = {},
): AsyncGenerator<Uint8Array> {
  const idleMs = options.idleMs ?? standardIdleMs;
  let offset = 0;
  let tag: string | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const silence = new AbortController();
    try {
      const { status, headers, chunks } = await client.stream({
        method: 'GET',
        key,
        ...(offset === 0 ? {} : { headers: { range: `bytes=${offset}-`, 'if-match': tag ?? '*' } }),
        signal: silence.signal,
        accept: offset === 0 ? [404] : [404, 412, 416],
        purpose: `read ${key}`,
      });
      if (status === 404) throw gone(client, `${key} is not there`);
      const replaced = offset > 0 && status === 206 && headers.get('etag') !== tag;
      if (status === 412 || replaced) throw gone(client, `${key} was replaced while it was read`);
      // The connection broke after the last byte.
      if (status === 416) return;
      if (offset > 0 && status !== 206) throw gone(client, `the store does not continue the read of ${key}`);
      tag ??= headers.get('etag') ?? undefined;
      for await (const chunk of withoutSilence(chunks, idleMs, () => silence.abort(new Error('silence')))) {
        offset += chunk.length;
        attempt = 1;
        yield chunk;
      }
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof HttpError)) throw error;
      if (attempt >= fruitless || tag === undefined) {
        throw gone(client, `${key} cannot be read to its end: ${error.message}`, error);
      }
      options.log?.(`${client.description}: the read of ${key} broke at byte ${offset}; going on from there`);
      await wait(Math.random() * 250 * 2 ** attempt);
    }
  }
}

/** The clock runs only while the store is waited for, not while the reader works. */
async function* withoutSilence(
  chunks: AsyncIterable<Uint8Array>,
  idleMs: number,
  onSilence: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(onSilence, idleMs);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function gone(client: RangeReader, message: string, cause?: unknown): BackupFailed {
  return new BackupFailed('destination_failed', `${client.description}: ${message}`, { cause });
}
