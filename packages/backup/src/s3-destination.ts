import { randomUUID } from 'node:crypto';
import { BackupFailed } from './backup-error.ts';
import type { BackupDestination } from './destination.ts';
import { fillParts } from './fill-parts.ts';
import { readElement, readPage } from './s3-answer.ts';
import { createS3Client, type S3Connection, type S3Options } from './s3-client.ts';
import { readResumed } from './s3-read.ts';

export interface S3Location {
  bucket: string;
  /** Folder-like beginning of every key, without slashes at its ends; '' for none. */
  prefix: string;
}

export interface S3DestinationOptions extends S3Options {
  /** Bytes of a part; S3 takes 5 MiB at least and 10,000 parts at most. Default 16 MiB, so 160 GB. */
  partBytes?: number;
  /** Milliseconds without a byte after which a read starts again; default 30 s. */
  idleMs?: number;
}

const standardPartBytes = 16 * 1024 * 1024;
const mostParts = 10_000;
/** Uploads of runs that died are aborted after this; a living one of ours takes less. */
const abandonedMs = 24 * 60 * 60 * 1000;
const abortDeadlineMs = 5_000;
/** Tells our own write from somebody else's when the answer to it was lost. */
const mark = 'x-amz-meta-ops-write';

/**
 * An S3-compatible store. Objects are created and never replaced (`If-None-Match: *`, S33); large ones go up in parts of
 * one size, so memory does not grow with the backup. A failed or cancelled upload is aborted, and what a killed run left
 * is aborted by the next one.
 */
export function s3Destination(
  location: S3Location,
  connection: S3Connection,
  options: S3DestinationOptions = {},
): BackupDestination {
  const { bucket } = location;
  const prefix = location.prefix === '' ? '' : `${location.prefix.replace(/^\/+|\/+$/g, '')}/`;
  const partBytes = options.partBytes ?? standardPartBytes;
  const client = createS3Client(bucket, connection, options);
  // Without the caller's signal: after a cancellation there is still something to clean up.
  const { signal: _signal, ...unstoppable } = options;
  const cleaner = createS3Client(bucket, connection, { ...unstoppable, deadlineMs: abortDeadlineMs, attempts: 2 });
  let swept = false;

  async function isOurs(key: string, write: string): Promise<boolean> {
    const { status, headers } = await client.request({
      method: 'HEAD',
      key,
      purpose: `look for ${key}`,
      accept: [404],
    });
    return status !== 404 && headers.get(mark) === write;
  }

  /** 412: something lies there; it is ours where only the answer to our own write was lost. */
  async function requireCreated(status: number, key: string, write: string): Promise<void> {
    if (status < 300 || (await isOurs(key, write))) return;
    if (status === 404) {
      throw new BackupFailed(
        'destination_failed',
        `${client.description}: the upload of ${key} was ended by the store`,
      );
    }
    throw exists(key);
  }

  function exists(key: string): BackupFailed {
    return new BackupFailed(
      'destination_failed',
      `${client.description}: ${key} exists already, and backups are never overwritten`,
    );
  }

  async function abort(key: string, uploadId: string): Promise<void> {
    const query = { uploadId };
    await cleaner.request({ method: 'DELETE', key, query, purpose: `abort the upload of ${key}`, accept: [404] });
  }

  /** Parts of uploads that nobody ends are invisible and are paid for. Best effort: not every key may list them. */
  async function sweep(): Promise<void> {
    if (swept) return;
    swept = true;
    try {
      const { text } = await cleaner.request({
        method: 'GET',
        key: '',
        query: { uploads: '', prefix, 'encoding-type': 'url' },
        purpose: 'list unfinished uploads',
      });
      for (const { Key: key = '', UploadId: id = '', Initiated: at = '' } of readPage(text, 'Upload')) {
        if (!isBackupFile(key.slice(prefix.length)) || Date.now() - Date.parse(at) < abandonedMs) continue;
        options.log?.(`${client.description}: aborting the upload of ${key}, abandoned since ${at}`);
        await abort(key, id);
      }
    } catch (error) {
      if (!(error instanceof BackupFailed)) throw error;
      options.log?.(error.message);
    }
  }

  return {
    kind: 's3',
    description: `${client.description}${prefix === '' ? '' : `, ${prefix}`}`,
    async write(name, source) {
      const key = `${prefix}${name}`;
      await sweep();
      const there = await client.request({ method: 'HEAD', key, purpose: `look for ${key}`, accept: [404] });
      if (there.status !== 404) throw exists(key);
      const write = randomUUID();
      const create = { 'if-none-match': '*' };
      const owned = { [mark]: write, 'content-type': 'application/octet-stream' };
      let upload: { id: string; sent: Promise<void>[]; tags: string[] } | undefined;
      try {
        for await (const { bytes, last } of fillParts(source, partBytes)) {
          if (upload === undefined && last) {
            const { status } = await client.request({
              method: 'PUT',
              key,
              headers: { ...owned, ...create },
              body: bytes,
              accept: [412],
              purpose: `store ${key}`,
            });
            await requireCreated(status, key, write);
            return;
          }
          upload ??= { id: await begin(key, owned), sent: [], tags: [] };
          // One part travels while the next one fills.
          await upload.sent.at(-1);
          if (upload.sent.length >= mostParts) {
            throw new BackupFailed(
              'destination_failed',
              `${client.description}: ${key} is larger than ${mostParts} parts of ${partBytes} bytes`,
            );
          }
          const sent = sendPart(key, upload, bytes);
          sent.catch(() => {});
          upload.sent.push(sent);
        }
        if (upload === undefined) return;
        await upload.sent.at(-1);
        await finish(key, upload, write, create);
      } catch (error) {
        if (upload !== undefined) {
          await Promise.allSettled(upload.sent.slice(-1));
          const { id } = upload;
          await abort(key, id).catch((failure: Error) =>
            options.log?.(`${failure.message}; the next backup does it, or a lifecycle rule of the bucket`),
          );
        }
        throw error;
      }
    },
    read: (name) => readResumed(client, `${prefix}${name}`, options),
    async list() {
      const found: { name: string; bytes: number }[] = [];
      let token: string | undefined;
      do {
        const { text } = await client.request({
          method: 'GET',
          key: '',
          query: {
            'list-type': '2',
            delimiter: '/',
            'encoding-type': 'url',
            prefix,
            ...(token === undefined ? {} : { 'continuation-token': token }),
          },
          purpose: 'list the backups',
        });
        for (const { Key: key = '', Size: size } of readPage(text, 'Contents')) {
          if (key !== prefix) found.push({ name: key.slice(prefix.length), bytes: Number(size) });
        }
        token = readElement(text, 'IsTruncated') === 'true' ? readElement(text, 'NextContinuationToken') : undefined;
      } while (token !== undefined);
      return found;
    },
    async remove(name) {
      const key = `${prefix}${name}`;
      await client.request({ method: 'DELETE', key, purpose: `remove ${key}`, accept: [404] });
    },
  };

  async function begin(key: string, headers: Record<string, string>): Promise<string> {
    const purpose = `begin the upload of ${key}`;
    const { text } = await client.request({ method: 'POST', key, query: { uploads: '' }, headers, purpose });
    const id = readElement(text, 'UploadId');
    if (id !== undefined && id !== '') return id;
    throw new BackupFailed(
      'destination_failed',
      `${client.description}: cannot ${purpose}: the store gave no id for it`,
    );
  }

  async function sendPart(key: string, upload: { id: string; sent: unknown[]; tags: string[] }, body: Uint8Array) {
    const number = upload.sent.length + 1;
    const { headers } = await client.request({
      method: 'PUT',
      key,
      query: { partNumber: String(number), uploadId: upload.id },
      body,
      purpose: `store part ${number} of ${key}`,
    });
    upload.tags[number - 1] = headers.get('etag') ?? '';
  }

  async function finish(
    key: string,
    upload: { id: string; tags: string[] },
    write: string,
    create: Record<string, string>,
  ): Promise<void> {
    const parts = upload.tags.map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(tag)}</ETag></Part>`,
    );
    const { status } = await client.request({
      method: 'POST',
      key,
      query: { uploadId: upload.id },
      headers: { ...create, 'content-type': 'application/xml' },
      body: Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
      // 404: the upload is gone, which is also what a repeated request finds after a lost answer.
      accept: [404, 412],
      purpose: `finish the upload of ${key}`,
    });
    await requireCreated(status, key, write);
  }
}

/** Names that backups give their files. */
function isBackupFile(name: string): boolean {
  return /^(?:objects\/)?[^/]+\.(?:(?:dump|contents|object|objects|configuration)\.zst\.(?:age|gpg)|(?:manifest|objects|configuration)\.json)$/.test(
    name,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
