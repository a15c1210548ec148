import { createHash, randomBytes } from 'node:crypto';

export interface StoredFile {
  bytes: Buffer;
  etag: string;
  /** `user_metadata` of the object. */
  metadata: Record<string, unknown> | null;
  mimetype: string;
  cacheControl: string;
  /** ISO 8601. */
  updatedAt: string;
}

export interface StorageBucket {
  public: boolean;
  files: Map<string, StoredFile>;
}

/** One upload of the resumable protocol; `offset` is how many bytes arrived. */
export interface OpenUpload {
  bucket: string;
  name: string;
  length: number;
  bytes: Buffer;
  metadata: Record<string, unknown> | null;
  mimetype: string | undefined;
  cacheControl: string | undefined;
  expired: boolean;
}

/** The storage of one project; tests set and read it. */
export interface StorageState {
  secretKey: string;
  publishableKey: string;
  buckets: Map<string, StorageBucket>;
  uploads: Map<string, OpenUpload>;
  /** Largest object in bytes; that of a Free plan. */
  fileSizeLimit: number;
  /** The next piece is cut off after so many bytes, which are kept; ordered together with a fault that cuts the answer. */
  cutNextPiece: number | undefined;
}

/** A project without a bucket. */
export function createStorageState(): StorageState {
  return {
    secretKey: `sb_secret_${randomBytes(16).toString('base64url')}`,
    publishableKey: `sb_publishable_${randomBytes(16).toString('base64url')}`,
    buckets: new Map(),
    uploads: new Map(),
    fileSizeLimit: 50 * 1024 * 1024,
    cutNextPiece: undefined,
  };
}

export function storedFile(
  bytes: Buffer,
  metadata: Record<string, unknown> | null,
  headers: { mimetype?: string | undefined; cacheControl?: string | undefined } = {},
): StoredFile {
  return {
    ...{ bytes, metadata, etag: `"${createHash('md5').update(bytes).digest('hex')}"` },
    mimetype: headers.mimetype ?? 'application/octet-stream',
    cacheControl: headers.cacheControl ?? 'no-cache',
    updatedAt: new Date().toISOString(),
  };
}
