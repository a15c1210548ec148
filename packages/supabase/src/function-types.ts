import { z } from 'zod';

/** A function as the Management API tells it; fields that we do not use are ignored. */
export const edgeFunctionAnswer = z.object({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  status: z.string(),
  version: z.number().int(),
  verify_jwt: z.boolean().nullish(),
  entrypoint_path: z.string().nullish(),
  import_map: z.boolean().nullish(),
  import_map_path: z.string().nullish(),
  ezbr_sha256: z.string().nullish(),
});

/** One live function. `status` is ACTIVE, THROTTLED or REMOVED; `version` counts up with every deploy. */
export interface EdgeFunction {
  id: string;
  slug: string;
  name: string;
  status: string;
  version: number;
  verifyJwt?: boolean;
  /** As Supabase keeps it, usually a `file://` address. */
  entrypointPath?: string;
  importMapPath?: string;
  /** SHA-256 of the compressed bundle, where Supabase tells it. */
  bundleSha256?: string;
}

/** Absent where the API says null. */
export function toEdgeFunction(answer: z.output<typeof edgeFunctionAnswer>): EdgeFunction {
  const { id, slug, name, status, version } = answer;
  return {
    ...{ id, slug, name, status, version },
    ...(answer.verify_jwt == null ? {} : { verifyJwt: answer.verify_jwt }),
    ...(answer.entrypoint_path == null ? {} : { entrypointPath: answer.entrypoint_path }),
    ...(answer.import_map_path == null ? {} : { importMapPath: answer.import_map_path }),
    ...(answer.ezbr_sha256 == null ? {} : { bundleSha256: answer.ezbr_sha256 }),
  };
}

/** One function as the repository holds it: what is uploaded. Paths are relative to the repository root, with slashes. */
export interface FunctionSource {
  slug: string;
  entrypoint: string;
  importMap?: string;
  verifyJwt: boolean;
  staticPatterns: string[];
  files: { path: string; content: Uint8Array }[];
  /** Imports of files that are not there, for the message when the bundle fails. */
  missing: string[];
}

/** One function as it was live before: enough to put exactly it back. */
export interface SavedFunction {
  slug: string;
  name: string;
  version: number;
  verifyJwt: boolean;
  entrypointPath?: string;
  importMapPath?: string;
  /** The bundle (eszip), as Supabase gave it. */
  body: Uint8Array;
}
