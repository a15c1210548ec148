import { readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Answer } from '../http/answer.ts';
import type { ServedFolders } from '../vercel/vercel-records.ts';

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'application/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'application/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.xml': 'application/xml',
};

/** What of an app without a public folder is not served. */
const neverServed = /^\/(api|node_modules|\.[^/]*)(\/|$)|^\/(package(-lock)?\.json|vercel\.json)$/;

/** A static file of a deployment, `index.html` for folders; undefined when there is none. */
export async function serveStatic(served: ServedFolders, path: string): Promise<Answer | undefined> {
  const wanted = decoded(path);
  // A path is never resolved outside the folder; after decoding it may try to.
  if (wanted === undefined || wanted.split('/').includes('..') || wanted.includes('\0')) return undefined;
  if (served.filesAreSource && neverServed.test(wanted)) return undefined;
  for (const candidate of [wanted, join(wanted, 'index.html'), `${wanted}.html`]) {
    const file = join(served.files, candidate);
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) continue;
    return {
      status: 200,
      headers: {
        'content-type': types[extname(file).toLowerCase()] ?? 'application/octet-stream',
        'cache-control': 'public, max-age=0, must-revalidate',
        'x-vercel-cache': 'HIT',
      },
      body: await readFile(file),
    };
  }
  return undefined;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
