import { randomBytes, randomUUID } from 'node:crypto';

/** A function of the project and every version it ever had; the newest is live. */
export interface SandboxFunction {
  id: string;
  slug: string;
  name: string;
  status: 'ACTIVE' | 'REMOVED' | 'THROTTLED';
  version: number;
  verifyJwt: boolean;
  entrypointPath: string;
  importMapPath?: string;
  bundle: Buffer;
  createdAt: number;
  updatedAt: number;
}

export interface FunctionsState {
  project: string;
  /** Management API tokens that count. */
  tokens: Set<string>;
  anonKey: string;
  functions: Map<string, SandboxFunction>;
  /** Does not tell `ezbr_sha256`: the API's schema marks it optional. */
  hideDigest: boolean;
  publish(
    given: Pick<SandboxFunction, 'slug' | 'name' | 'verifyJwt' | 'bundle'> & {
      entrypointPath: string | undefined;
      importMapPath: string | undefined;
    },
  ): SandboxFunction;
}

export function createFunctionsState(): FunctionsState {
  const letters = 'abcdefghijklmnopqrstuvwxyz';
  const project = [...randomBytes(20)].map((byte) => letters[byte % letters.length]).join('');
  const functions = new Map<string, SandboxFunction>();
  return {
    project,
    tokens: new Set(),
    anonKey: `sb_publishable_${randomBytes(16).toString('base64url')}`,
    functions,
    hideDigest: false,
    publish({ slug, name, verifyJwt, bundle, entrypointPath, importMapPath }) {
      const before = functions.get(slug);
      const id = before?.id ?? randomUUID();
      const version = (before?.version ?? 0) + 1;
      // What is uploaded as sources is bundled in a folder of that version; a bundle keeps the path it is given.
      const folder = `file:///tmp/user_fn_${project}_${id}_${version}/source/`;
      const placed = (path: string) => (path.startsWith('file:') ? path : `${folder}${path}`);
      const published: SandboxFunction = {
        ...{ id, slug, name, version, verifyJwt, bundle },
        status: 'ACTIVE',
        entrypointPath: placed(entrypointPath ?? 'index.ts'),
        ...(importMapPath === undefined ? {} : { importMapPath: placed(importMapPath) }),
        createdAt: before?.createdAt ?? Date.now(),
        updatedAt: Date.now(),
      };
      functions.set(slug, published);
      return published;
    },
  };
}
