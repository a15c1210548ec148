import { createHash } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';

/** What stands before a compressed bundle (supabase/cli, pkg/function/bundle.go: `compressedEszipMagicID`). */
const compressedMark = Buffer.from('EZBR');

/** A bundle in the form in which it is uploaded: the mark and the brotli stream. */
export function compressedBundle(body: Uint8Array): Uint8Array {
  return isCompressed(body) ? body : Buffer.concat([compressedMark, brotliCompressSync(body)]);
}

/** SHA-256 (hex) of the bundle itself, the same however it was compressed. @throws Error for a damaged stream. */
export function bundleDigest(body: Uint8Array): string {
  const plain = isCompressed(body) ? brotliDecompressSync(body.subarray(compressedMark.length)) : body;
  return createHash('sha256').update(plain).digest('hex');
}

function isCompressed(body: Uint8Array): boolean {
  return compressedMark.equals(body.subarray(0, compressedMark.length));
}
