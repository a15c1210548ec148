import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';

/** Path and content of every file, the entry point, and the import map where there is one. */
export interface FunctionBundle {
  entrypoint: string;
  importMap?: string;
  files: Record<string, string>;
}

const plainMark = Buffer.from('ESZIP2.3');
const compressedMark = Buffer.from('EZBR');

/**
 * The sandbox's own bundle format under the platform's marks: real eszips need Deno. Callers must treat it as opaque bytes.
 * Sorted, so that the same files give the same bytes.
 */
export function writeBundle(bundle: FunctionBundle): Buffer {
  const files = Object.fromEntries(Object.entries(bundle.files).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { entrypoint, importMap } = bundle;
  return Buffer.concat([plainMark, Buffer.from(JSON.stringify({ entrypoint, importMap, files }))]);
}

/** Undefined for bytes that are no bundle. */
export function readBundle(bytes: Buffer): FunctionBundle | undefined {
  try {
    const plain = compressedMark.equals(bytes.subarray(0, 4)) ? brotliDecompressSync(bytes.subarray(4)) : bytes;
    if (!plainMark.equals(plain.subarray(0, plainMark.length))) return undefined;
    return JSON.parse(plain.subarray(plainMark.length).toString('utf8')) as FunctionBundle;
  } catch {
    return undefined;
  }
}

/** The digest of the compressed form, as `ezbr_sha256` tells it. */
export function ezbrSha256(bundle: Buffer): string {
  return createHash('sha256').update(compressedMark).update(brotliCompressSync(bundle)).digest('hex');
}

/** What keeps a function from bundling, as the platform says it; undefined when it bundles. */
export function bundleProblem({ entrypoint, files }: FunctionBundle): string | undefined {
  if (files[entrypoint] === undefined) return `Entrypoint path does not exist - ${entrypoint}`;
  for (const [path, text] of Object.entries(files)) {
    for (const [, specifier = ''] of text.matchAll(/^\s*(?:import|export)\b[^'"\n]*['"](\.\.?\/[^'"]+)['"]/gm)) {
      const target = posix.join(posix.dirname(path), specifier);
      if (files[target] === undefined) {
        return `Failed to bundle the function (reason: Module not found "file:///tmp/source/${target}".)`;
      }
    }
  }
  return undefined;
}
