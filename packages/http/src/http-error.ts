import { cleanText } from './text.ts';

/** What went wrong with a request: an unaccepted status, no answer in time, no connection, a caller's abort, or an unusable body. */
export type HttpErrorKind = 'status' | 'timeout' | 'connection' | 'aborted' | 'invalid-json' | 'too-large';

/** The facts an HttpError is made from; `url` may carry query and credentials, they are dropped. */
export interface HttpFailure {
  kind: HttpErrorKind;
  method: string;
  url: URL;
  maybeSent: boolean;
  detail: string;
  status?: number | undefined;
  body?: string | undefined;
  headers?: Headers | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** A request that did not end in an accepted answer; message, url and body hold no credentials and no query. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: HttpErrorKind;
  readonly status?: number;
  /** At most 2 kB, without control characters. */
  readonly body?: string;
  readonly headers?: Headers;
  readonly method: string;
  readonly url: string;
  /** False only when the request provably never reached the server. */
  readonly maybeSent: boolean;
  readonly retryAfterMs?: number;

  constructor(failure: HttpFailure) {
    const url = printableUrl(failure.url);
    super(`${failure.method} ${url} ${failure.detail}`, failure.cause === undefined ? {} : { cause: failure.cause });
    this.kind = failure.kind;
    this.method = failure.method;
    this.url = url;
    this.maybeSent = failure.maybeSent;
    if (failure.status !== undefined) this.status = failure.status;
    if (failure.body !== undefined) this.body = cleanText(failure.body, 2048);
    if (failure.headers !== undefined) this.headers = failure.headers;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
  }
}

/** An address as it may be shown: no credentials, no query, no fragment, bounded. */
export function printableUrl(url: URL): string {
  return cleanText(`${url.protocol}//${url.host}${url.pathname}`, 500);
}
