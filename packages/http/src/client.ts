import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, decodedBody, readBody } from './body.ts';
import { type Clock, systemClock } from './clock.ts';
import { DEADLINE, type Exchange, exchange, failureOf } from './exchange.ts';
import { HttpError } from './http-error.ts';
import { resolveRequest } from './resolve-request.ts';
import { mayRepeat, type Repeat, readRetryAfter, waitBefore } from './retry.ts';

export interface HttpClientOptions {
  baseUrl: string;
  /** Sent only to the base address's own origin. */
  headers?: Record<string, string>;
  /** Milliseconds per attempt, from connecting to the last byte. Default 10 000. */
  deadlineMs?: number;
  /** Default 4. */
  attempts?: number;
  /** Milliseconds for all attempts and waits together; a wait that would pass it is not begun. Default 180 000. */
  budgetMs?: number;
  /**
   * Milliseconds for which a temporary failure is repeated, at most a second apart, instead of `attempts` and `budgetMs`:
   * for calls that must outlast a short outage. A request's own `attempts` still counts.
   */
  patienceMs?: number | undefined;
  /** Further values that must not appear in errors or log lines; the values of `headers` never do. */
  secrets?: readonly string[];
  signal?: AbortSignal | undefined;
  log?: ((line: string) => void) | undefined;
  clock?: Clock | undefined;
}

export interface HttpRequest {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  /** Joined to the base address, or an absolute address. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  json?: unknown;
  body?: string | Uint8Array;
  headers?: Record<string, string>;
  /** Statuses beside 2xx that are answers, not errors. */
  accept?: readonly number[] | 'any';
  /** Default `always` for GET, HEAD, PUT, DELETE; `if-refused` for POST and PATCH: only when the request provably had no effect. */
  repeat?: Repeat;
  deadlineMs?: number;
  attempts?: number;
  signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Throws HttpError of kind invalid-json. */
  json<T = unknown>(): T;
  attempts: number;
  durationMs: number;
}

export interface HttpStream {
  status: number;
  headers: Headers;
  chunks: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /** Throws HttpError. Redirects are never followed: a 3xx is an answer only where it is accepted. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** As `request`, but the deadline covers the head only and the body arrives piece by piece until the caller's signal. */
  stream(request: HttpRequest): Promise<HttpStream>;
}

/** The one HTTP client: deadline, bounded retry with jitter and Retry-After, no redirects, no headers to foreign origins. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const clock = options.clock ?? systemClock;

  async function attemptUntilAnswered<T extends { status: number; headers: Headers }>(
    request: HttpRequest,
    receive: (message: IncomingMessage, release: () => void, sent: Exchange) => Promise<T & { text?: string }>,
  ): Promise<T & { attempts: number; durationMs: number; url: URL; method: string }> {
    const resolved = resolveRequest(options, request);
    const { patienceMs } = options;
    const attempts =
      request.attempts ?? (patienceMs === undefined ? (options.attempts ?? 4) : Number.POSITIVE_INFINITY);
    const deadlineMs = request.deadlineMs ?? options.deadlineMs ?? 10_000;
    const givenUp = AbortSignal.any([options.signal, request.signal].filter((signal) => signal !== undefined));
    const endsAt = clock.now() + (patienceMs ?? options.budgetMs ?? 180_000);
    const startedAt = performance.now();

    for (let attempt = 1; ; attempt += 1) {
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(DEADLINE), deadlineMs);
      const release = (): void => clearTimeout(timer);
      const sent: Exchange = { ...resolved, signal: AbortSignal.any([givenUp, limit.signal]) };
      let failure: HttpError;
      try {
        const answer = await receiveFrom(sent, receive, release);
        if (isAnswer(answer.status, request.accept)) {
          const durationMs = performance.now() - startedAt;
          return { ...answer, attempts: attempt, durationMs, url: resolved.url, method: resolved.method };
        }
        failure = new HttpError({
          kind: 'status',
          method: resolved.method,
          url: resolved.url,
          detail: `answered ${answer.status}`,
          maybeSent: true,
          status: answer.status,
          headers: answer.headers,
          body: resolved.redact(answer.text ?? ''),
          retryAfterMs: readRetryAfter(answer.headers, clock.now()),
        });
      } catch (error) {
        failure = failureOf(sent, error, true);
      } finally {
        release();
      }
      const repeat = request.repeat ?? (/^(GET|HEAD|PUT|DELETE)$/.test(resolved.method) ? 'always' : 'if-refused');
      const usual = waitBefore(attempt + 1, failure.retryAfterMs, Math.random());
      const wait = patienceMs === undefined || failure.retryAfterMs !== undefined ? usual : Math.min(usual, 1000);
      if (attempt >= attempts || !mayRepeat(failure, repeat) || clock.now() + wait > endsAt) throw failure;
      options.log?.(
        resolved.redact(
          `${failure.message}; again in ${seconds(wait)} (${attempt + 1}${patienceMs === undefined ? ` of ${attempts}` : ''})`,
        ),
      );
      try {
        await clock.sleep(wait, givenUp);
      } catch {
        throw failureOf({ ...sent, signal: givenUp }, givenUp.reason, failure.maybeSent);
      }
    }
  }

  return {
    async request(request) {
      const answer = await attemptUntilAnswered(request, async (message) => ({
        ...headOf(message),
        text: await readBody(message),
      }));
      const { status, headers, text, attempts, durationMs, url, method } = answer;
      const json = <T>(): T => {
        try {
          return JSON.parse(text) as T;
        } catch (cause) {
          const detail = `answered ${status} with a body that is not JSON`;
          throw new HttpError({
            kind: 'invalid-json',
            method,
            url,
            detail,
            maybeSent: true,
            status,
            body: text,
            cause,
          });
        }
      };
      return { status, headers, text, attempts, durationMs, json };
    },
    async stream(request) {
      const { status, headers, chunks } = await attemptUntilAnswered(request, async (message, release, sent) => {
        if (!isAnswer(message.statusCode ?? 0, request.accept)) {
          return { ...headOf(message), text: await readBody(message), chunks: piecesOf(message, sent) };
        }
        release();
        return { ...headOf(message), chunks: piecesOf(await decodedBody(message), sent) };
      });
      return { status, headers, chunks };
    },
  };
}

async function receiveFrom<T>(
  sent: Exchange,
  receive: (message: IncomingMessage, release: () => void, sent: Exchange) => Promise<T>,
  release: () => void,
): Promise<T> {
  const message = await exchange(sent);
  try {
    return await receive(message, release, sent);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw failureOf(sent, error, true);
    const { method, url } = sent;
    throw new HttpError({ kind: 'too-large', method, url, detail: `failed: ${error.message}`, maybeSent: true });
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>, sent: Exchange): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw failureOf(sent, error, true);
  }
}

function isAnswer(status: number, accept: HttpRequest['accept']): boolean {
  return (status >= 200 && status < 300) || accept === 'any' || (accept?.includes(status) ?? false);
}

function headOf(message: IncomingMessage): { status: number; headers: Headers } {
  const headers = new Headers();
  const raw = message.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) headers.append(raw[index] ?? '', raw[index + 1] ?? '');
  return { status: message.statusCode ?? 0, headers };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
