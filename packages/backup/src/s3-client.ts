import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { createHttpClient, type HttpRequest } from '#http/client';
import { HttpError } from '#http/http-error';
import { cleanText } from '#http/text';
import { BackupFailed } from './backup-error.ts';
import { readElement, readFault } from './s3-answer.ts';

/** How an S3-compatible store is reached. */
export interface S3Connection {
  /** https, or http of this machine; absent: AWS in `region`. With it buckets are addressed by path. */
  endpoint?: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of short-lived credentials. */
  sessionToken?: string;
}

export interface S3Options {
  signal?: AbortSignal;
  log?: (line: string) => void;
  /** Milliseconds for one request with its body; default 120 s, which is 140 kB/s for a part. */
  deadlineMs?: number;
  /** Per request; default 4. */
  attempts?: number;
}

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** '' for the bucket itself. */
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array;
  /** Statuses beside 2xx that are answers. */
  accept?: readonly number[];
  /** What is done, for messages: `store backup-1.dump`. */
  purpose: string;
  signal?: AbortSignal;
  deadlineMs?: number;
}

export interface S3Answer {
  status: number;
  headers: Headers;
  text: string;
}

/** Requests to one bucket, each signed (Signature Version 4, the digest of the body signed with it). */
export interface S3Client {
  /** The bucket in words, no credentials. */
  description: string;
  /** @throws BackupFailed `destination_failed` that names the reason and what to do. */
  request(request: S3Request): Promise<S3Answer>;
  /** As `request`; the body arrives piece by piece. @throws BackupFailed, or HttpError when the body is cut off. */
  stream(request: S3Request): Promise<{ status: number; headers: Headers; chunks: AsyncIterable<Uint8Array> }>;
}

/** AWS asks for it by name: internal errors are to be repeated. */
const internalError = 500;
const standardDeadlineMs = 120_000;
const standardAttempts = 4;

/** A temporary failure that the store could tell only after its 200. */
class LateFault extends BackupFailed {
  constructor(message: string) {
    super('destination_failed', message);
  }
}

export function createS3Client(bucket: string, connection: S3Connection, options: S3Options = {}): S3Client {
  const { region, accessKeyId, secretAccessKey, sessionToken } = connection;
  const base = bucketAddress(bucket, connection);
  const attempts = options.attempts ?? standardAttempts;
  const http = createHttpClient({
    baseUrl: base,
    attempts,
    deadlineMs: options.deadlineMs ?? standardDeadlineMs,
    budgetMs: 15 * 60_000,
    secrets: [secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])],
    signal: options.signal,
    log: options.log,
  });
  const description = `bucket ${bucket}${connection.endpoint === undefined ? '' : ` at ${new URL(connection.endpoint).host}`}`;

  async function signed(request: S3Request): Promise<HttpRequest> {
    const url = new URL(`${base}/${request.key.split('/').map(encodeURIComponent).join('/')}`);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const digest = createHash('sha256')
      .update(request.body ?? '')
      .digest('hex');
    const signer = new AwsV4Signer({
      url: url.href,
      method: request.method,
      headers: { ...request.headers, 'x-amz-content-sha256': digest },
      service: 's3',
      region,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    });
    const { headers } = await signer.sign();
    return {
      method: request.method,
      path: url.href,
      headers: Object.fromEntries(headers),
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      // Every write of ours can be repeated: it creates only, or gives the same part again.
      repeat: 'always',
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }),
    };
  }

  async function answered<T>(request: S3Request, ask: (request: HttpRequest) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(await signed(request));
      } catch (error) {
        options.signal?.throwIfAborted();
        const temporary = error instanceof LateFault || (error instanceof HttpError && error.status === internalError);
        if (!temporary || attempt >= attempts) throw error instanceof HttpError ? failed(request, error) : error;
        options.log?.(`${description}: internal error of the store; again (${attempt + 1} of ${attempts})`);
        await wait(125 * 2 ** attempt, undefined, options.signal === undefined ? {} : { signal: options.signal });
      }
    }
  }

  function failed(request: S3Request, error: HttpError): BackupFailed {
    return new BackupFailed(
      'destination_failed',
      `${description}: cannot ${request.purpose}: ${explain(error, region)}`,
      {
        cause: error,
      },
    );
  }

  return {
    description,
    request: (request) =>
      answered(request, async (one) => {
        const { status, headers, text } = await http.request(one);
        const fault = status < 300 ? readFault(text) : undefined;
        if (fault === undefined) return { status, headers, text };
        const message = `${description}: cannot ${request.purpose}: ${cleanText(`${fault.code} ${fault.message}`, 200)}`;
        if (/^(InternalError|SlowDown|ServiceUnavailable)$/.test(fault.code)) throw new LateFault(message);
        throw new BackupFailed('destination_failed', message);
      }),
    stream: (request) => answered(request, (one) => http.stream(one)),
  };
}

/** Virtual hosts where AWS wants them; by path for everything else, and for names that no certificate covers. Pure. */
export function bucketAddress(bucket: string, { endpoint, region }: S3Connection): string {
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}`;
  const host = `s3.${region}.amazonaws.com`;
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}

/** The reason in words that say what to do. Pure. */
function explain(error: HttpError, region: string): string {
  const body = error.body ?? '';
  const code = readFault(body)?.code ?? '';
  switch (code) {
    case 'InvalidAccessKeyId':
      return 'the store does not know this access key (s3-access-key-id): check BACKUP_S3_ACCESS_KEY_ID';
    case 'SignatureDoesNotMatch':
      return 'the secret does not belong to the access key (s3-secret-access-key): check BACKUP_S3_SECRET_ACCESS_KEY';
    case 'ExpiredToken':
    case 'TokenRefreshRequired':
      return 'the credentials have expired (ExpiredToken): ask for new ones, for as long as the backup takes';
    case 'InvalidToken':
      return 'the session token does not belong to the access key (InvalidToken): check s3-session-token';
    case 'AccessDenied':
      return 'the credentials do not allow it (AccessDenied): a backup needs s3:PutObject, s3:GetObject, s3:ListBucket and s3:AbortMultipartUpload';
    case 'NoSuchBucket':
      return 'there is no such bucket: create it first, or correct the name';
    case 'RequestTimeTooSkewed':
      return 'the clock of this machine is wrong (RequestTimeTooSkewed)';
    case 'PermanentRedirect':
    case 'TemporaryRedirect':
    case 'AuthorizationHeaderMalformed': {
      const right = readElement(body, 'Region') ?? error.headers?.get('x-amz-bucket-region') ?? undefined;
      const instead = right === undefined ? 'check s3-region' : `set s3-region to ${cleanText(right, 40)}`;
      return `the bucket is not in region ${region} (${code}): ${instead}`;
    }
    case 'NotImplemented':
      return 'the store does not offer this (NotImplemented); backups need writes that never replace (If-None-Match)';
    default: {
      const right = error.headers?.get('x-amz-bucket-region');
      if (error.status === 301 && right) return `the bucket is in region ${cleanText(right, 40)}: set s3-region`;
      return code === '' ? error.message : `${error.message} (${cleanText(code, 60)})`;
    }
  }
}
