import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { BackupFailed } from '../backup-error.ts';
import { uploadResumable } from '../resumable-upload.ts';
import { type RangeReader, readResumed } from '../s3-read.ts';
import { createStorageClient, type StorageConnection, type StorageOptions } from '../storage-client.ts';
import { readInOrder } from './read-in-order.ts';

/** One object of a Supabase project as its list tells it. */
export interface LiveObject {
  bucket: string;
  /** With its folders. */
  name: string;
  bytes: number;
  /** Without quotes. */
  etag: string;
  /** ISO 8601, by the platform. */
  updatedAt: string;
  mimetype?: string | undefined;
  cacheControl?: string | undefined;
}

export interface LiveBucket {
  name: string;
  public: boolean;
  fileSizeLimit?: number | undefined;
  allowedMimeTypes?: string[] | undefined;
}

/** Buckets and objects of one project. Every method throws BackupFailed, or the abort reason. */
export interface ObjectStore {
  description: string;
  buckets(): Promise<LiveBucket[]>;
  /** Every object below a folder (`''`: all), folder by folder. */
  list(bucket: string, folder?: string): AsyncGenerator<LiveObject>;
  /** The bytes of an object; throws ObjectGone where it is there no more. */
  read(object: Pick<LiveObject, 'bucket' | 'name'>): AsyncIterable<Uint8Array>;
  createBucket(bucket: LiveBucket): Promise<void>;
  /** Stores an object of a known length; `replace` takes the place of what lies there, else that is `exists`. */
  write(
    object: Omit<LiveObject, 'etag' | 'updatedAt'>,
    source: AsyncIterable<Uint8Array>,
    replace: boolean,
  ): Promise<'stored' | 'exists'>;
}

// supabase/storage: GET /bucket, POST /object/list/{bucket} (one folder at a time; what has no id is a folder),
// GET /object/authenticated/{bucket}/{name}, POST /object/{bucket}/{name}.
const bucketsAnswer = z.array(
  z.looseObject({
    id: z.string(),
    public: z.boolean(),
    file_size_limit: z.number().nullish(),
    allowed_mime_types: z.array(z.string()).nullish(),
  }),
);
const listAnswer = z.array(
  z.looseObject({
    name: z.string(),
    id: z.string().nullable(),
    updated_at: z.string().nullish(),
    metadata: z
      .looseObject({
        eTag: z.string().optional(),
        size: z.number().optional(),
        mimetype: z.string().optional(),
        cacheControl: z.string().optional(),
      })
      .nullish(),
  }),
);

const pageSize = 1000;
/** What the platform asks of the resumable protocol, and so the most that is held of an object that is written. */
const pieceBytes = 6 * 1024 * 1024;
/** What the storage keeps in an empty folder, made by its dashboard. */
const folderMark = '.emptyFolderPlaceholder';

export function openObjectStore(
  project: string,
  connection: StorageConnection,
  options: StorageOptions = {},
): ObjectStore {
  const description = `Supabase Storage of ${project}`;
  const client = createStorageClient(description, connection, options);
  const { signal: _signal, ...unstoppable } = options;
  const cleaner = createStorageClient(description, connection, { ...unstoppable, deadlineMs: 5_000, attempts: 2 });
  const pathOf = (bucket: string, name: string) => [bucket, ...name.split('/')].map(encodeURIComponent).join('/');

  return {
    description,
    async buckets() {
      const { text } = await client.request({ method: 'GET', path: '/bucket', purpose: 'list the buckets' });
      return read(text, bucketsAnswer, 'the list of buckets').map((bucket) => ({
        name: bucket.id,
        public: bucket.public,
        ...(bucket.file_size_limit == null ? {} : { fileSizeLimit: bucket.file_size_limit }),
        ...(bucket.allowed_mime_types == null ? {} : { allowedMimeTypes: bucket.allowed_mime_types }),
      }));
    },
    async *list(bucket, folder = '') {
      const folders = [folder];
      for (let prefix = folders.pop(); prefix !== undefined; prefix = folders.pop()) {
        for (let offset = 0; ; offset += pageSize) {
          const { text } = await client.request({
            method: 'POST',
            path: `/object/list/${encodeURIComponent(bucket)}`,
            json: { prefix, limit: pageSize, offset, sortBy: { column: 'name', order: 'asc' } },
            purpose: `list ${bucket}`,
          });
          const page = read(text, listAnswer, `the list of ${bucket}`);
          for (const { name, id, updated_at: updatedAt, metadata } of page) {
            if (id === null) folders.push(`${prefix}${name}/`);
            else if (name !== folderMark) {
              const { eTag = '', size, mimetype, cacheControl } = metadata ?? {};
              yield {
                ...{ bucket, name: `${prefix}${name}`, bytes: size ?? 0, etag: eTag.replaceAll('"', '') },
                updatedAt: updatedAt ?? '',
                ...(mimetype === undefined ? {} : { mimetype }),
                ...(cacheControl === undefined ? {} : { cacheControl }),
              };
            }
          }
          if (page.length < pageSize) break;
        }
      }
    },
    read({ bucket, name }) {
      const stream: RangeReader['stream'] = async ({ key: _key, method: _method, ...request }) => {
        const answer = await client.stream({
          ...request,
          method: 'GET',
          path: `/object/authenticated/${pathOf(bucket, name)}`,
        });
        if (answer.status === 404 && request.headers === undefined) throw new ObjectGone(`${bucket}/${name}`);
        return answer;
      };
      return readResumed({ description, stream }, `${bucket}/${name}`, options);
    },
    async createBucket({ name, public: open, fileSizeLimit, allowedMimeTypes }) {
      const json = {
        ...{ id: name, name, public: open },
        ...(fileSizeLimit === undefined ? {} : { file_size_limit: fileSizeLimit }),
        ...(allowedMimeTypes === undefined ? {} : { allowed_mime_types: allowedMimeTypes }),
      };
      // 409: somebody made it meanwhile, which is as good.
      await client.request({ method: 'POST', path: '/bucket', json, accept: [409], purpose: `create bucket ${name}` });
    },
    async write({ bucket, name, bytes, mimetype, cacheControl }, source, replace) {
      const pieces = readInOrder(source, bytes);
      const write = randomUUID();
      const maxAge = /max-age=(\d+)/.exec(cacheControl ?? '')?.[1];
      const type = mimetype ?? 'application/octet-stream';
      const look = async () => {
        const path = `/object/info/${pathOf(bucket, name)}`;
        const { status, text } = await client.request({
          method: 'GET',
          path,
          accept: [404],
          purpose: `look for ${bucket}/${name}`,
        });
        if (status === 404) return 'none';
        const { metadata } = read(text, infoAnswer, `${bucket}/${name}`);
        return metadata?.opsWrite === write ? 'ours' : replace ? 'none' : 'other';
      };
      try {
        if (bytes <= pieceBytes) {
          const { status } = await client.request({
            method: 'POST',
            path: `/object/${pathOf(bucket, name)}`,
            headers: {
              ...{ 'content-type': type, 'x-upsert': String(replace) },
              ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }),
              'x-metadata': Buffer.from(JSON.stringify({ opsWrite: write })).toString('base64'),
            },
            body: await pieces.read(0, bytes),
            accept: [409],
            purpose: `store ${bucket}/${name}`,
          });
          return status < 300 || (await look()) === 'ours' ? 'stored' : 'exists';
        }
        return await uploadResumable({
          ...{ client, cleaner, bytes, pieceBytes, replace, look },
          name: `${bucket}/${name}`,
          metadata: {
            ...{
              bucketName: bucket,
              objectName: name,
              contentType: type,
              metadata: JSON.stringify({ opsWrite: write }),
            },
            ...(maxAge === undefined ? {} : { cacheControl: maxAge }),
          },
          read: (offset, length) => pieces.read(offset, length),
          log: options.log ?? (() => {}),
          signal: options.signal,
        });
      } finally {
        await pieces.end();
      }
    },
  };
}

const infoAnswer = z.looseObject({ metadata: z.looseObject({ opsWrite: z.string().optional() }).nullish() });

/** It was listed, and was removed before it was read. */
export class ObjectGone extends BackupFailed {
  constructor(name: string) {
    super('destination_failed', `${name} is not there any more`);
  }
}

function read<S extends z.ZodType>(text: string, schema: S, what: string): z.output<S> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new BackupFailed('destination_failed', `Supabase Storage: ${what} is not what its documentation says`);
}
