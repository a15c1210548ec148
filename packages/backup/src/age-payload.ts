import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

// The payload of the age format (C2SP, age-encryption.org/v1) by Node's own ChaCha20-Poly1305: ten times as fast as in JavaScript.

const chunkBytes = 64 * 1024;
const tagBytes = 16;
const nonceBytes = 16;
const algorithm = 'chacha20-poly1305';

/** Encrypts under a file key: a nonce, then chunks of 64 KiB, each authenticated and the last one marked. */
export async function* encryptPayload(
  source: AsyncIterable<Uint8Array>,
  fileKey: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const nonce = randomBytes(nonceBytes);
  const key = payloadKey(fileKey, nonce);
  yield nonce;
  let count = 0;
  for await (const { bytes, last } of inPieces(source, chunkBytes)) {
    const cipher = createCipheriv(algorithm, key, chunkNonce(count++, last), { authTagLength: tagBytes });
    yield cipher.update(bytes);
    cipher.final();
    yield cipher.getAuthTag();
  }
}

/** @throws Error for a chunk that is not what was written, and where the end is missing; nothing of it is given out. */
export async function* decryptPayload(
  source: AsyncIterable<Uint8Array>,
  fileKey: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const rest = source[Symbol.asyncIterator]();
  try {
    const { head, after } = await takeBytes(rest, nonceBytes);
    const key = payloadKey(fileKey, head);
    let count = 0;
    for await (const { bytes, last } of inPieces(rejoin(after, rest), chunkBytes + tagBytes)) {
      // Only a whole that is empty may end in an empty chunk.
      if (bytes.length < tagBytes || (bytes.length === tagBytes && count > 0)) throw damaged();
      const decipher = createDecipheriv(algorithm, key, chunkNonce(count++, last), { authTagLength: tagBytes });
      decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
      const plain = decipher.update(bytes.subarray(0, bytes.length - tagBytes));
      try {
        decipher.final();
      } catch {
        throw damaged();
      }
      yield plain;
    }
  } finally {
    await rest.return?.();
  }
}

/** The header of an age file, which ends with the line of its MAC, and what follows. @throws Error where there is none. */
export async function takeHeader(
  source: AsyncIterable<Uint8Array>,
): Promise<{ header: Uint8Array; payload: AsyncIterable<Uint8Array> }> {
  const rest = source[Symbol.asyncIterator]();
  let read = Buffer.alloc(0);
  for (;;) {
    const mac = read.indexOf('\n--- ');
    const end = mac < 0 ? -1 : read.indexOf('\n', mac + 1);
    if (end >= 0) return { header: read.subarray(0, end + 1), payload: rejoin(read.subarray(end + 1), rest) };
    const next = await rest.next();
    if (next.done === true || read.length > longestHeader) throw new Error('this is no file of age: it has no header');
    read = Buffer.concat([read, next.value]);
  }
}

/** Room for some thousand recipients. */
const longestHeader = 1024 * 1024;

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** Eleven bytes of the chunk's number, big endian, and one that marks the last chunk. */
function chunkNonce(count: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 5, 6);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

function damaged(): Error {
  return new Error('the encrypted backup is damaged: a part of it is not what was written, or its end is missing');
}

/** Pieces of one size; the last one is shorter, and empty only where there is nothing at all. */
async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ bytes: Uint8Array; last: boolean }> {
  let held = Buffer.allocUnsafe(size);
  let used = 0;
  for await (const chunk of source) {
    for (let from = 0; from < chunk.length; ) {
      // A full piece is given out only when something follows it: else it is the last one.
      if (used === size) {
        yield { bytes: held, last: false };
        held = Buffer.allocUnsafe(size);
        used = 0;
      }
      if (used === 0 && chunk.length - from > size) {
        yield { bytes: chunk.subarray(from, from + size), last: false };
        from += size;
        continue;
      }
      const part = chunk.subarray(from, from + size - used);
      held.set(part, used);
      used += part.length;
      from += part.length;
    }
  }
  yield { bytes: held.subarray(0, used), last: true };
}

async function takeBytes(rest: AsyncIterator<Uint8Array>, count: number) {
  let read = Buffer.alloc(0);
  while (read.length < count) {
    const next = await rest.next();
    if (next.done === true) throw damaged();
    read = Buffer.concat([read, next.value]);
  }
  return { head: read.subarray(0, count), after: read.subarray(count) };
}

async function* rejoin(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
