import { randomUUID } from 'node:crypto';
import { type Answer, asRecord, type SandboxRequest } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';
import { type OpenUpload, type StorageState, storedFile } from './storage-state.ts';

const headers = { 'tus-resumable': '1.0.0' };
const said = (status: number, body: string): Answer => ({ status, headers, body });

/**
 * TUS 1.0.0 as Supabase Storage serves it (@tus/server 2.4): a wrong offset is 409, an expired upload 410, an unknown one 404,
 * too many bytes 413. The object appears with its last byte, and never over another one (`x-upsert: false`).
 */
export function resumableRoutes(state: StorageState, base: string): Routes {
  const path = `${base}/upload/resumable`;
  const spoken =
    (handler: RouteHandler): RouteHandler =>
    (request, parameters) =>
      request.headers['tus-resumable'] === '1.0.0'
        ? handler(request, parameters)
        : said(412, 'Tus-Resumable Required\n');
  const withUpload = (handler: (request: SandboxRequest, upload: OpenUpload, id: string) => Answer): RouteHandler =>
    spoken((request, { id = '' }) => {
      const upload = state.uploads.get(id);
      if (upload === undefined) return said(404, 'The file for this url was not found\n');
      return upload.expired ? said(410, 'The file for this url no longer exists\n') : handler(request, upload, id);
    });
  const taken = ({ bucket, name }: Pick<OpenUpload, 'bucket' | 'name'>, request: SandboxRequest) =>
    request.headers['x-upsert'] !== 'true' && state.buckets.get(bucket)?.files.has(name) === true;

  return {
    [`POST ${path}`]: spoken((request) => {
      const length = String(request.headers['upload-length'] ?? '');
      if (!/^\d+$/.test(length)) return said(400, 'Upload-Length or Upload-Defer-Length header required\n');
      const given = readMetadata(String(request.headers['upload-metadata'] ?? ''));
      const { bucketName: bucket = '', objectName: name = '' } = given;
      if (bucket === '' || name === '') return said(400, 'Metadata header is required');
      if (!state.buckets.has(bucket)) return said(404, 'Bucket not found');
      if (Number(length) > state.fileSizeLimit) return said(413, 'Maximum size exceeded\n');
      if (taken({ bucket, name }, request)) return said(409, 'The resource already exists');
      const id = Buffer.from(`${bucket}/${name}/${randomUUID()}`).toString('base64url');
      state.uploads.set(id, {
        ...{ bucket, name, expired: false },
        length: Number(length),
        bytes: Buffer.alloc(0),
        metadata: given.metadata === undefined ? null : (asRecord(JSON.parse(given.metadata)) ?? null),
        mimetype: given.contentType,
        cacheControl: given.cacheControl === undefined ? undefined : `max-age=${given.cacheControl}`,
      });
      // The host is the one that the server thinks it has.
      return { status: 201, headers: { ...headers, location: `https://storage.internal${path}/${id}` } };
    }),
    [`HEAD ${path}/:id`]: withUpload((_request, upload) => ({
      status: 200,
      headers: { ...headers, ...offsetOf(upload), 'upload-length': String(upload.length), 'cache-control': 'no-store' },
    })),
    [`PATCH ${path}/:id`]: withUpload((request, upload) => {
      if (request.headers['content-type'] !== 'application/offset+octet-stream')
        return said(403, 'Content-Type header required\n');
      const offset = request.headers['upload-offset'];
      if (offset === undefined) return said(403, 'Upload-Offset header required\n');
      if (taken(upload, request)) return said(409, 'The resource already exists');
      if (Number(offset) !== upload.bytes.length) return said(409, 'Upload-Offset conflict\n');
      const arrived = request.body.subarray(0, state.cutNextPiece);
      state.cutNextPiece = undefined;
      if (upload.bytes.length + arrived.length > upload.length) return said(413, "upload's size exceeded\n");
      upload.bytes = Buffer.concat([upload.bytes, arrived]);
      if (upload.bytes.length === upload.length)
        state.buckets.get(upload.bucket)?.files.set(upload.name, storedFile(upload.bytes, upload.metadata, upload));
      return { status: 204, headers: { ...headers, ...offsetOf(upload) } };
    }),
    [`DELETE ${path}/:id`]: withUpload((_request, upload, id) => {
      if (upload.bytes.length === upload.length) return said(400, 'Cannot terminate an already completed upload');
      state.uploads.delete(id);
      return { status: 204, headers };
    }),
  };
}

function offsetOf({ bytes }: OpenUpload): Record<string, string> {
  return { 'upload-offset': String(bytes.length) };
}

function readMetadata(header: string): Record<string, string> {
  const pairs = header.split(',').map((pair) => pair.trim().split(' '));
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, Buffer.from(value, 'base64').toString()]));
}
