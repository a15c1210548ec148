import { randomUUID } from 'node:crypto';
import { type Answer, asRecord, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';
import { resumableRoutes } from './resumable-routes.ts';
import { type StorageBucket as Bucket, type StorageState, type StoredFile, storedFile } from './storage-state.ts';

const base = '/storage/v1';

/** Refusals of the object routes: status 400, and the one that is meant in the body (supabase/storage, error-handler.ts). */
function storageRefused(status: number, code: string, message: string): Answer {
  return jsonAnswer(status === 500 ? 500 : 400, { statusCode: String(status), error: code, code, message });
}

/** The Storage API of one project: buckets, objects, and the resumable protocol for large ones. */
export function storageRoutes(state: StorageState): Routes {
  /** The gateway knows the keys; row level security lets nobody but the secret key at a private bucket. */
  const guarded =
    (handler: RouteHandler): RouteHandler =>
    (request, parameters) => {
      const key = request.headers.apikey;
      if (key !== state.secretKey && key !== state.publishableKey)
        return jsonAnswer(401, { message: 'Invalid API key' });
      return key === state.secretKey
        ? handler(request, parameters)
        : storageRefused(403, 'AccessDenied', 'new row violates row-level security policy');
    };
  const withBucket =
    (handler: (request: SandboxRequest, bucket: Bucket, name: string) => Answer): RouteHandler =>
    (request, { bucket = '', name = '' }) => {
      const found = state.buckets.get(bucket);
      return found === undefined
        ? storageRefused(404, 'NoSuchBucket', 'Bucket not found')
        : handler(request, found, name);
    };
  const withFile = (handler: (request: SandboxRequest, file: StoredFile, bucket: Bucket, name: string) => Answer) =>
    withBucket((request, bucket, name) => {
      const file = bucket.files.get(name);
      return file === undefined
        ? storageRefused(404, 'NoSuchKey', 'Object not found')
        : handler(request, file, bucket, name);
    });
  const routes: Routes = {
    ...resumableRoutes(state, base),
    [`GET ${base}/bucket`]: () =>
      jsonAnswer(
        200,
        [...state.buckets].map(([name, bucket]) => renderBucket(name, bucket)),
      ),
    [`POST ${base}/bucket`]: (request) => {
      const { id, name, public: open = false } = jsonBody(request) ?? {};
      if (typeof id !== 'string' || name !== id || typeof open !== 'boolean')
        return storageRefused(400, 'InvalidRequest', "body must have required property 'name'");
      if (state.buckets.has(id)) return storageRefused(409, 'Duplicate', 'The resource already exists');
      state.buckets.set(id, { public: open, files: new Map() });
      return jsonAnswer(200, { name: id });
    },
    [`GET ${base}/bucket/:bucket`]: (_request, { bucket = '' }) => {
      const found = state.buckets.get(bucket);
      return found === undefined
        ? storageRefused(404, 'NoSuchBucket', 'Bucket not found')
        : jsonAnswer(200, renderBucket(bucket, found));
    },
    [`POST ${base}/object/list/:bucket`]: withBucket((request, bucket) => listed(jsonBody(request) ?? {}, bucket)),
    [`GET ${base}/object/authenticated/:bucket/*name`]: withFile((request, file) => ranged(request, file)),
    [`GET ${base}/object/info/:bucket/*name`]: withFile((_request, file, _bucket, name) =>
      jsonAnswer(200, { id: randomUUID(), name, size: file.bytes.length, etag: file.etag, metadata: file.metadata }),
    ),
    [`POST ${base}/object/:bucket/*name`]: withBucket((request, bucket, name) => {
      if (request.body.length > state.fileSizeLimit)
        return storageRefused(413, 'EntityTooLarge', 'The object exceeded the maximum allowed size');
      if (bucket.files.has(name) && request.headers['x-upsert'] !== 'true')
        return storageRefused(409, 'ResourceAlreadyExists', 'The resource already exists');
      const given = request.headers['x-metadata'];
      const metadata = typeof given === 'string' ? asRecord(JSON.parse(Buffer.from(given, 'base64').toString())) : null;
      const { 'content-type': mimetype, 'cache-control': cacheControl } = request.headers;
      bucket.files.set(name, storedFile(request.body, metadata ?? null, { mimetype, cacheControl }));
      return jsonAnswer(200, { Id: randomUUID(), Key: name });
    }),
    [`DELETE ${base}/object/:bucket/*name`]: withFile((_request, _file, bucket, name) => {
      bucket.files.delete(name);
      return jsonAnswer(200, { message: 'Successfully deleted' });
    }),
  };
  return Object.fromEntries(Object.entries(routes).map(([key, handler]) => [key, guarded(handler)]));
}

/** One folder, names relative to it; what has no id is a folder. At most 1,000 entries, 100 unless asked. */
function listed({ prefix, limit = 100, offset = 0 }: Record<string, unknown>, bucket: Bucket): Answer {
  if (typeof prefix !== 'string')
    return storageRefused(400, 'InvalidRequest', "body must have required property 'prefix'");
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  const entries = new Map<string, { name: string; id: string | null }>();
  for (const [name, file] of bucket.files) {
    if (!name.startsWith(folder)) continue;
    const [first = '', ...rest] = name.slice(folder.length).split('/');
    entries.set(first, rest.length === 0 ? renderFile(first, file) : { name: first, id: null, ...nothing });
  }
  const sorted = [...entries.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  const from = Number(offset);
  return jsonAnswer(200, sorted.slice(from, from + Math.min(Number(limit), 1000)));
}

const nothing = { updated_at: null, created_at: null, last_accessed_at: null, metadata: null };

function renderFile(name: string, { bytes, etag, mimetype, cacheControl, updatedAt }: StoredFile) {
  const times = { updated_at: updatedAt, created_at: updatedAt, last_accessed_at: updatedAt };
  const size = { size: bytes.length, contentLength: bytes.length };
  return {
    ...{ name, id: randomUUID(), ...times },
    metadata: { eTag: etag, mimetype, cacheControl, lastModified: updatedAt, httpStatusCode: 200, ...size },
  };
}

function renderBucket(id: string, { public: open }: Bucket) {
  return { id, name: id, owner: '', public: open, file_size_limit: null, allowed_mime_types: null };
}

/** Conditions other than If-None-Match are not looked at (renderer/asset.ts). */
function ranged(request: SandboxRequest, { bytes, etag, mimetype }: StoredFile): Answer {
  const headers = { 'content-type': mimetype, etag, 'accept-ranges': 'bytes' };
  const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  if (from === undefined) return { status: 200, headers, body: bytes };
  if (Number(from) >= bytes.length) return storageRefused(416, 'InvalidRange', 'invalid range provided');
  const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  return { status: 206, headers: { ...headers, 'content-range': range }, body: bytes.subarray(Number(from)) };
}
