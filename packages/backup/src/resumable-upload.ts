import { setTimeout as wait } from 'node:timers/promises';
import { type StorageClient, StorageFailed } from './storage-client.ts';

export interface ResumableUpload {
  client: StorageClient;
  /** Ends uploads even after the run was cancelled. */
  cleaner: StorageClient;
  /** Of the object, for messages. */
  name: string;
  /** `Upload-Metadata` of the TUS protocol, without encoding. */
  metadata: Record<string, string>;
  bytes: number;
  /** Bytes of one request; the platform asks for 6 MB. */
  pieceBytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Whether the object is there, and from whom. */
  look(): Promise<'ours' | 'other' | 'none'>;
  /** Takes the place of what lies there; default never. */
  replace?: boolean;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/** An upload that ends at the store (expired after 24 h, removed) is begun again so many times. */
const mostStarts = 3;
const protocol = { 'tus-resumable': '1.0.0' };

/**
 * Stores bytes by the resumable protocol TUS 1.0.0 as Supabase Storage speaks it: POST creates the upload (`x-upsert: false`:
 * only where nothing lies), PATCH appends at an offset, HEAD tells how far the store is. After every failure the store is
 * asked first, so that no byte is sent twice and none is left out. The object appears with the last byte.
 * @throws StorageFailed; an upload that was begun is ended then.
 */
export async function uploadResumable(upload: ResumableUpload): Promise<'stored' | 'exists'> {
  const { client, name } = upload;
  for (let start = 1; ; start += 1) {
    const id = await begin(upload);
    if (id === undefined) return (await upload.look()) === 'ours' ? 'stored' : 'exists';
    let ending: 'stored' | 'exists' | 'gone';
    try {
      ending = await send(upload, id);
    } catch (error) {
      await end(upload, id);
      throw error;
    }
    if (ending !== 'gone') return ending;
    if (start >= mostStarts)
      throw new StorageFailed(
        `${client.description}: the upload of ${name} was ended by the store ${start} times`,
        false,
      );
    upload.log(`${client.description}: the store knows the upload of ${name} no more; starting over`);
  }
}

/** The id of a new upload; undefined where the name is taken. */
async function begin({ client, name, metadata, bytes, replace = false }: ResumableUpload): Promise<string | undefined> {
  const purpose = `begin the upload of ${name}`;
  const encoded = Object.entries(metadata).map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`);
  const { status, headers } = await client.request({
    method: 'POST',
    path: '/upload/resumable',
    headers: {
      ...protocol,
      'upload-length': String(bytes),
      'upload-metadata': encoded.join(','),
      'x-upsert': String(replace),
    },
    accept: [409],
    purpose,
  });
  if (status === 409) return undefined;
  // Only its id is taken from the address: the key goes to no other host than the one that was given.
  const id = /\/([A-Za-z0-9_=-]+)\/?$/.exec(headers.get('location') ?? '')?.[1];
  if (id !== undefined) return id;
  throw new StorageFailed(`${client.description}: cannot ${purpose}: the store gave no address for it`, false);
}

async function send(upload: ResumableUpload, id: string): Promise<'stored' | 'exists' | 'gone'> {
  const { client, name, bytes, pieceBytes, replace = false, signal } = upload;
  const path = `/upload/resumable/${id}`;
  let offset = 0;
  for (let failures = 0; ; ) {
    const piece = await upload.read(offset, Math.min(pieceBytes, bytes - offset));
    let problem: StorageFailed | undefined;
    try {
      const { status, headers } = await client.request({
        method: 'PATCH',
        path,
        headers: {
          ...protocol,
          'content-type': 'application/offset+octet-stream',
          'upload-offset': String(offset),
          'x-upsert': String(replace),
        },
        body: piece,
        accept: [404, 409, 410],
        once: true,
        purpose: `store bytes ${offset} to ${offset + piece.length} of ${name}`,
      });
      if (status < 300) {
        const reached = Number(headers.get('upload-offset'));
        if (!(reached > offset && reached <= offset + piece.length)) throw lost(upload, offset);
        if (reached === bytes) return 'stored';
        offset = reached;
        failures = 0;
        continue;
      }
      // The name was taken meanwhile, or the store is at another offset.
      if (status === 409) {
        const found = await upload.look();
        if (found !== 'none') return found === 'ours' ? 'stored' : 'exists';
      }
    } catch (error) {
      if (!(error instanceof StorageFailed && error.temporary)) throw error;
      problem = error;
    }
    failures += 1;
    // So many without a single new byte, and the upload is given up.
    if (failures >= client.attempts) throw problem ?? lost(upload, offset);
    await wait(Math.random() * 250 * 2 ** failures, undefined, signal === undefined ? {} : { signal });
    const reached = await askOffset(upload, path);
    if (reached === undefined) return 'gone';
    // Everything arrived: stored, unless the store could not finish it.
    if (reached >= bytes) {
      const found = await upload.look();
      return found === 'ours' ? 'stored' : found === 'other' ? 'exists' : 'gone';
    }
    if (reached > offset) failures = 0;
    if (problem !== undefined) upload.log(`${problem.message}; going on from byte ${reached}`);
    offset = reached;
  }
}

/** How many bytes the store has; undefined where it does not know the upload. */
async function askOffset(upload: ResumableUpload, path: string): Promise<number | undefined> {
  const { client, name } = upload;
  const { status, headers } = await client.request({
    method: 'HEAD',
    path,
    headers: protocol,
    accept: [404, 410],
    purpose: `ask how much of ${name} is stored`,
  });
  if (status >= 300) return undefined;
  const said = headers.get('upload-offset') ?? '';
  if (!/^\d+$/.test(said)) throw lost(upload, 0);
  return Number(said);
}

function lost({ client, name }: ResumableUpload, offset: number): StorageFailed {
  return new StorageFailed(`${client.description}: the store does not go on with ${name} at byte ${offset}`, false);
}

/** Best effort: what stays is dropped by the store after 24 h. */
async function end({ cleaner, name, log }: ResumableUpload, id: string): Promise<void> {
  const request = { method: 'DELETE', path: `/upload/resumable/${id}`, headers: protocol, accept: [404, 410] } as const;
  await cleaner
    .request({ ...request, purpose: `end the upload of ${name}` })
    .catch((failure: Error) => log(`${failure.message}; the store drops it after 24 hours`));
}
