import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseStored } from '../parse-stored.ts';
import type { LiveObject } from './object-store.ts';

const schemaVersion = 1;

const list = z.object({
  schemaVersion: z.literal(schemaVersion),
  project: z.string(),
  /** Unix seconds at which the listing began. */
  listedAt: z.number(),
  buckets: z.array(
    z.object({
      name: z.string(),
      public: z.boolean(),
      fileSizeLimit: z.number().optional(),
      allowedMimeTypes: z.array(z.string()).optional(),
    }),
  ),
  objects: z.array(
    z.object({
      bucket: z.string(),
      name: z.string(),
      bytes: z.number(),
      etag: z.string(),
      updatedAt: z.string(),
      mimetype: z.string().optional(),
      cacheControl: z.string().optional(),
      /** Of the stored version. */
      file: z.string(),
    }),
  ),
  /** Of `versions` of the manifest, which lies in clear text beside it: who replaces that is found out by the digest of this list. */
  versionsDigest: z.string(),
});

/** Which objects there were at one moment, and where the version of each lies; encrypted, for it has names. */
export type ObjectList = z.infer<typeof list>;
export type KeptObject = ObjectList['objects'][number];

/** @throws BackupFailed `destination_failed` that names a newer schema version, or which field is wrong, and no name of an object. */
export function parseObjectList(text: string): ObjectList {
  return parseStored(text, { what: 'the list of objects', shape: list, schemaVersion, secret: true });
}

/** Hex SHA-256 of the stored versions with their sizes and digests, in whatever order. Pure. */
export function digestOfVersions(versions: Readonly<Record<string, readonly [number, string]>>): string {
  const sorted = Object.entries(versions).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}

/** Stands for one version of one object in the name of its file, and tells a stranger neither bucket nor name. Pure. */
export function versionKey({ bucket, name, bytes, etag, updatedAt }: LiveObject): string {
  return createHash('sha256')
    .update(JSON.stringify([bucket, name, bytes, etag, updatedAt]))
    .digest('hex')
    .slice(0, 40);
}

/** Run and attempt in it: a file that a killed run left is never taken for one that was read back. Pure. */
export function versionFile(key: string, run: string, encryption: 'age' | 'gpg'): string {
  return `${key}-${run}.object.zst.${encryption}`;
}

/** Key and run of a stored version; undefined for a file that is none. Pure. */
export function readVersionFile(file: string): { key: string; runId: number } | undefined {
  const [, key, runId] = /^([0-9a-f]{40})-(\d+)\.\d+\.object\.zst\.(?:age|gpg)$/.exec(file) ?? [];
  return key === undefined ? undefined : { key, runId: Number(runId) };
}
