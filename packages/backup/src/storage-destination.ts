import { randomUUID } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupFailed } from './backup-error.ts';
import { type BackupDestination, directoryDestination, type StoredObject } from './destination.ts';
import { uploadResumable } from './resumable-upload.ts';
import { type RangeReader, readResumed } from './s3-read.ts';
import { createStorageClient, type StorageConnection, type StorageOptions } from './storage-client.ts';

export interface StorageLocation {
  /** Reference of the project that keeps the backups: 20 lowercase letters. */
  project: string;
  bucket: string;
  /** Folder-like beginning of every name, without slashes at its ends; '' for none. */
  prefix: string;
}

export interface StorageDestinationOptions extends StorageOptions {
  /** Folder for the encrypted object while it goes up. */
  temporary: string;
  /** Bytes of one request; default and the platform's rule 6 MiB. */
  pieceBytes?: number;
  /** Milliseconds without a byte after which a read starts again; default 30 s. */
  idleMs?: number;
}

const standardPieceBytes = 6 * 1024 * 1024;
const cleanDeadlineMs = 5_000;
const pageSize = 1000;

/**
 * A private bucket of a Supabase project. Objects are created and never replaced (`x-upsert: false`, S33). The store wants to
 * know the length first (for an unknown one it works with parts of 550 MB, @tus/s3-store), so the encrypted object passes
 * through `temporary`; what is larger than one piece goes up resumably, and memory does not grow with the backup.
 */
export function storageDestination(
  location: StorageLocation,
  connection: StorageConnection,
  options: StorageDestinationOptions,
): BackupDestination {
  const { bucket, project } = location;
  const prefix = location.prefix === '' ? '' : `${location.prefix.replace(/^\/+|\/+$/g, '')}/`;
  const pieceBytes = options.pieceBytes ?? standardPieceBytes;
  const description = `Supabase Storage of ${project}, bucket ${bucket}`;
  const client = createStorageClient(description, connection, options);
  // Without the caller's signal: after a cancellation there is still something to clean up.
  const { signal: _signal, ...unstoppable } = options;
  const cleaner = createStorageClient(description, connection, {
    ...unstoppable,
    deadlineMs: cleanDeadlineMs,
    attempts: 2,
  });
  const log = options.log ?? (() => {});
  let knownPrivate = false;

  const pathOf = (key: string) => [bucket, ...key.split('/')].map(encodeURIComponent).join('/');

  async function requirePrivate(): Promise<void> {
    if (knownPrivate) return;
    const path = `/bucket/${encodeURIComponent(bucket)}`;
    const { text } = await client.request({ method: 'GET', path, purpose: 'look at the bucket' });
    const { public: open } = parse<{ public?: unknown }>(text);
    if (open !== false)
      throw new BackupFailed(
        'destination_failed',
        `${description}: the bucket is public, and everybody could download the backups: make it private, or use another one`,
      );
    knownPrivate = true;
  }

  /** Tells our own write from somebody else's when the answer to it was lost. */
  async function look(key: string, write?: string): Promise<'ours' | 'other' | 'none'> {
    const path = `/object/info/${pathOf(key)}`;
    const { status, text } = await client.request({
      method: 'GET',
      path,
      accept: [404],
      purpose: `look for ${key}`,
    });
    if (status === 404) return 'none';
    const { metadata } = parse<{ metadata?: { opsWrite?: unknown } | null }>(text);
    return write !== undefined && metadata?.opsWrite === write ? 'ours' : 'other';
  }

  async function storeWhole(key: string, body: Uint8Array, write: string): Promise<'stored' | 'exists'> {
    const { status } = await client.request({
      method: 'POST',
      path: `/object/${pathOf(key)}`,
      headers: {
        'content-type': 'application/octet-stream',
        'x-upsert': 'false',
        'x-metadata': Buffer.from(JSON.stringify({ opsWrite: write })).toString('base64'),
      },
      body,
      accept: [409],
      purpose: `store ${key}`,
    });
    return status < 300 || (await look(key, write)) === 'ours' ? 'stored' : 'exists';
  }

  async function upload(file: string, key: string): Promise<'stored' | 'exists'> {
    const write = randomUUID();
    const handle = await open(file, 'r');
    try {
      const { size } = await handle.stat();
      const read = async (offset: number, length: number) => {
        const piece = Buffer.allocUnsafe(length);
        const { bytesRead } = await handle.read(piece, 0, length, offset);
        return piece.subarray(0, bytesRead);
      };
      if (size <= pieceBytes) return await storeWhole(key, await read(0, size), write);
      return await uploadResumable({
        ...{ client, cleaner, read, log, pieceBytes },
        name: key,
        bytes: size,
        metadata: {
          bucketName: bucket,
          objectName: key,
          contentType: 'application/octet-stream',
          metadata: JSON.stringify({ opsWrite: write }),
        },
        look: () => look(key, write),
        signal: options.signal,
      });
    } finally {
      await handle.close();
    }
  }

  function exists(key: string): BackupFailed {
    return new BackupFailed(
      'destination_failed',
      `${description}: ${key} exists already, and backups are never overwritten`,
    );
  }

  return {
    kind: 'supabase-storage',
    description: `${description}${prefix === '' ? '' : `, ${prefix}`}`,
    async write(name, source) {
      const key = `${prefix}${name}`;
      await requirePrivate();
      if ((await look(key)) !== 'none') throw exists(key);
      const folder = await mkdtemp(join(options.temporary, 'backup-upload-'));
      try {
        await directoryDestination(folder).write(name, source);
        if ((await upload(join(folder, name), key)) === 'exists') throw exists(key);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    read: (name) => {
      const key = `${prefix}${name}`;
      const stream: RangeReader['stream'] = ({ key: object, method: _method, ...request }) =>
        client.stream({ ...request, method: 'GET', path: `/object/authenticated/${pathOf(object)}` });
      return readResumed({ description, stream }, key, options);
    },
    async list() {
      const found: StoredObject[] = [];
      for (let offset = 0; ; offset += pageSize) {
        const { text } = await client.request({
          method: 'POST',
          path: `/object/list/${encodeURIComponent(bucket)}`,
          json: { prefix, limit: pageSize, offset, sortBy: { column: 'name', order: 'asc' } },
          purpose: 'list the backups',
        });
        const page = parse<{ name: string; id: string | null; metadata?: { size?: number } | null }[]>(text);
        // What has no id is a folder.
        for (const { name, id, metadata } of page) if (id !== null) found.push({ name, bytes: metadata?.size ?? 0 });
        if (page.length < pageSize) return found;
      }
    },
    async remove(name) {
      const key = `${prefix}${name}`;
      await client.request({
        method: 'DELETE',
        path: `/object/${pathOf(key)}`,
        accept: [404],
        purpose: `remove ${key}`,
      });
    },
  };

  function parse<T>(text: string): T {
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new BackupFailed(
        'destination_failed',
        `${description}: the storage answers with something else than JSON`,
        {
          cause,
        },
      );
    }
  }
}
