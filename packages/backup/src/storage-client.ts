import { setTimeout as wait } from 'node:timers/promises';
import { createHttpClient, type HttpRequest } from '#http/client';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';
import { BackupFailed } from './backup-error.ts';

/** How the storage of one Supabase project is reached. */
export interface StorageConnection {
  /** https, or http of this machine; without `/storage/v1`. */
  url: string;
  /** Secret key (`sb_secret_…`) or the older service_role key of that project. */
  key: string;
}

export interface StorageOptions {
  signal?: AbortSignal;
  log?: (line: string) => void;
  /** Milliseconds for one request with its body; default 120 s, which is 50 kB/s for a piece of 6 MB. */
  deadlineMs?: number;
  /** Per request; default 4. */
  attempts?: number;
  /** Input and secret that the key came from, for messages; default those of a store of backups. */
  keyFrom?: { input: string; secret: string };
}

export interface StorageRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/storage/v1`. */
  path: string;
  headers?: Record<string, string>;
  json?: unknown;
  body?: Uint8Array;
  /** Statuses beside 2xx that are answers. */
  accept?: readonly number[];
  /** What is done, for messages: `store backup-1.dump`. */
  purpose: string;
  /** Not repeated here: the caller has to look first. */
  once?: boolean;
  signal?: AbortSignal;
}

/** A request that found no answer or a refusal; `temporary` where the same request may succeed later. */
export class StorageFailed extends BackupFailed {
  readonly temporary: boolean;
  constructor(message: string, temporary: boolean, options?: ErrorOptions) {
    super('destination_failed', message, options);
    this.temporary = temporary;
  }
}

/** Requests to the storage of one project, with the key of that project. */
export interface StorageClient {
  description: string;
  attempts: number;
  /** The status is the one that the storage means. @throws StorageFailed that names the reason and what to do, or the abort reason. */
  request(request: StorageRequest): Promise<{ status: number; headers: Headers; text: string }>;
  /** As `request`; the body arrives piece by piece. @throws StorageFailed, or HttpError when the body is cut off. */
  stream(request: StorageRequest): Promise<{ status: number; headers: Headers; chunks: AsyncIterable<Uint8Array> }>;
}

const standardDeadlineMs = 120_000;
const standardAttempts = 4;
/** 423: another request holds the lock of the upload; 544: its database did not answer in time. */
const temporaryStatus = new Set([423, 429, 500, 502, 503, 504, 544]);

/**
 * The object routes answer refusals with status 400 and put the status that they mean into the body
 * (`{"statusCode":"404","error":"not_found"}`; supabase/storage, src/http/error-handler.ts); the resumable ones answer plainly.
 */
export function createStorageClient(
  description: string,
  connection: StorageConnection,
  options: StorageOptions = {},
): StorageClient {
  const { key } = connection;
  const attempts = options.attempts ?? standardAttempts;
  // A key of the older kind is a JWT, which also names the role; the newer ones are exchanged by the gateway.
  const role: Record<string, string> = key.startsWith('eyJ') ? { authorization: `Bearer ${key}` } : {};
  const http = createHttpClient({
    baseUrl: `${connection.url}/storage/v1`,
    headers: { apikey: key, ...role },
    deadlineMs: options.deadlineMs ?? standardDeadlineMs,
    // Repeated here, where the meant status is known.
    attempts: 1,
    budgetMs: 15 * 60_000,
    signal: options.signal,
    log: options.log,
  });

  async function answered<T>(
    { once = false, purpose, accept = [], ...request }: StorageRequest,
    ask: (request: HttpRequest) => Promise<T>,
    refused: (status: number, headers: Headers) => T,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(request);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (!(error instanceof HttpError)) throw error;
        const { status, code, message } = meantBy(error);
        if (status !== undefined && accept.includes(status)) return refused(status, error.headers ?? new Headers());
        const temporary =
          error.kind === 'connection' ||
          error.kind === 'timeout' ||
          (status !== undefined && temporaryStatus.has(status));
        if (once || !temporary || attempt >= attempts) {
          const reason =
            explain(status, code, options.keyFrom) ??
            (message === '' ? error.message : `${error.message} (${message})`);
          throw new StorageFailed(`${description}: cannot ${purpose}: ${reason}`, temporary, { cause: error });
        }
        options.log?.(`${description}: cannot ${purpose}: ${error.message}; again (${attempt + 1} of ${attempts})`);
        const pauseMs = Math.min(error.retryAfterMs ?? Math.random() * 250 * 2 ** attempt, 60_000);
        await wait(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
      }
    }
  }

  return {
    description,
    attempts,
    request: (request) =>
      answered(
        request,
        (one) => http.request(one),
        (status, headers) => ({ status, headers, text: '' }),
      ),
    stream: (request) =>
      answered(
        request,
        (one) => http.stream(one),
        (status, headers) => ({ status, headers, chunks: (async function* () {})() }),
      ),
  };
}

/** What a refusal says of itself. Pure. */
function meantBy({ status, body }: HttpError): { status: number | undefined; code: string; message: string } {
  try {
    const { statusCode, code, error, message } = JSON.parse(body ?? '') as Record<string, unknown>;
    const meant = status === 400 && /^[45]\d\d$/.test(String(statusCode)) ? Number(statusCode) : status;
    const word = typeof code === 'string' ? code : error;
    return { status: meant, code: cleanText(String(word ?? ''), 60), message: cleanText(String(message ?? ''), 200) };
  } catch {
    return { status, code: '', message: cleanText(body ?? '', 200) };
  }
}

/** The reason in words that say what to do; undefined where the answer's own words say more. Pure. */
function explain(
  status: number | undefined,
  code: string,
  { input, secret } = { input: 'supabase-storage-key', secret: 'BACKUP_SUPABASE_STORAGE_KEY' },
): string | undefined {
  if (code === 'NoSuchBucket' || code === 'Bucket not found')
    return 'there is no such bucket: create it, private, or correct the name';
  switch (status) {
    case 401:
    case 403:
      return `the storage refuses the key (${input}, ${status}): check ${secret}, the secret key of that project`;
    case 413:
      return 'it is larger than the bucket or the project accepts (413; Free plan: 50 MB): raise the limit in Storage > Settings and in the bucket, or use another destination';
    case 415:
      return 'the bucket does not accept application/octet-stream (415): allow it, or allow every type';
    case 540:
      return 'the project is paused (540): restore it in the dashboard';
    default:
      return undefined;
  }
}
