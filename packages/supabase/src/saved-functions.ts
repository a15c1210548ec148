import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { SavedFunction } from './function-types.ts';
import { SupabaseError } from './supabase-error.ts';

/** The functions that a release is about to replace, as they were; `previous` is absent for one that was not there. */
export interface SavedFunctions {
  project: string;
  /** Unix seconds. */
  savedAt: number;
  functions: { slug: string; previous?: SavedFunction }[];
}

const stored = z.object({
  schemaVersion: z.literal(1),
  project: z.string(),
  savedAt: z.number(),
  functions: z.array(
    z.object({
      slug: z.string(),
      previous: z
        .object({
          slug: z.string(),
          name: z.string(),
          version: z.number(),
          verifyJwt: z.boolean(),
          entrypointPath: z.string().optional(),
          importMapPath: z.string().optional(),
          body: z.string(),
        })
        .optional(),
    }),
  ),
});

const mark = Buffer.from('ops-functions-1\n');

/**
 * Encrypted and authenticated with a key made from the access token: who can put functions back can read it, nobody else can
 * read or forge it, and the way back needs no key of its own (docs/adr/0006).
 */
export function sealFunctions(saved: SavedFunctions, token: string): Uint8Array {
  const functions = saved.functions.map(({ slug, previous }) => ({
    slug,
    ...(previous === undefined
      ? {}
      : { previous: { ...previous, body: Buffer.from(previous.body).toString('base64') } }),
  }));
  const plain = gzipSync(JSON.stringify({ schemaVersion: 1, ...saved, functions }));
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(token, salt), nonce);
  cipher.setAAD(mark);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([mark, salt, nonce, cipher.getAuthTag(), body]);
}

/** @throws SupabaseError `saved_functions_unreadable`: another token, other bytes, or a newer version. */
export function openFunctions(sealed: Uint8Array, token: string): SavedFunctions {
  const bytes = Buffer.from(sealed);
  if (!mark.equals(bytes.subarray(0, mark.length))) {
    throw unreadable('it was not written by this version of ops-actions');
  }
  const take = (from: number, length: number) => bytes.subarray(mark.length + from, mark.length + from + length);
  let plain: Buffer;
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(token, take(0, 16)), take(16, 12));
    decipher.setAAD(mark);
    decipher.setAuthTag(take(28, 16));
    plain = Buffer.concat([decipher.update(bytes.subarray(mark.length + 44)), decipher.final()]);
  } catch (cause) {
    throw unreadable(
      'the access token is another one than when it was stored, or somebody changed it. Give the earlier token, or deploy the functions of the earlier commit with actions/edge-functions',
      cause,
    );
  }
  const parsed = stored.safeParse(JSON.parse(gunzipSync(plain).toString('utf8')));
  if (!parsed.success) throw unreadable(z.prettifyError(parsed.error));
  const { project, savedAt, functions } = parsed.data;
  return {
    project,
    savedAt,
    functions: functions.map(({ slug, previous }) => {
      if (previous === undefined) return { slug };
      const { entrypointPath, importMapPath, body, ...rest } = previous;
      return {
        slug,
        previous: {
          ...rest,
          ...(entrypointPath === undefined ? {} : { entrypointPath }),
          ...(importMapPath === undefined ? {} : { importMapPath }),
          body: Buffer.from(body, 'base64'),
        },
      };
    }),
  };
}

/** Names the bytes in the ledger (S26): 43 characters, so that place and digest fit into one status. */
export function sealDigest(sealed: Uint8Array): string {
  return createHash('sha256').update(sealed).digest('base64url');
}

function keyOf(token: string, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, salt, 'ops-actions saved edge functions', 32));
}

function unreadable(why: string, cause?: unknown): SupabaseError {
  return new SupabaseError('saved_functions_unreadable', `The stored edge functions cannot be read: ${why}.`, {
    cause,
  });
}
