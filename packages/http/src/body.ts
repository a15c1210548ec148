import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';

/** Largest body that is read into memory, in bytes. */
export const LARGEST_BODY = 32 * 1024 * 1024;

/** Thrown by readBody when a body is larger than LARGEST_BODY. */
export class BodyTooLarge extends Error {}

/** The body's bytes after content decoding (servers may compress although identity is asked for). */
export async function decodedBody(message: IncomingMessage): Promise<Readable> {
  const encoding = message.headers['content-encoding']?.trim().toLowerCase();
  if (!encoding || encoding === 'identity') return message;
  const { createBrotliDecompress, createGunzip, createInflate } = await import('node:zlib');
  const decoders: Record<string, () => Transform> = {
    gzip: createGunzip,
    'x-gzip': createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  const decoder = decoders[encoding]?.();
  if (!decoder) throw new Error(`unknown content-encoding ${encoding}`);
  message.once('error', (error) => decoder.destroy(error));
  return message.pipe(decoder);
}

/** Reads a whole body as text; throws BodyTooLarge, or the stream's error when the body is cut off. */
export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of await decodedBody(message)) {
    length += (chunk as Buffer).length;
    if (length > LARGEST_BODY) {
      message.destroy();
      throw new BodyTooLarge(`the body is larger than ${LARGEST_BODY} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
