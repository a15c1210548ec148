import type { IncomingHttpHeaders } from 'node:http';

/** One request, read whole, as every service of the sandbox sees it. */
export interface SandboxRequest {
  method: string;
  /** Path without query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** Aborts when the caller hangs up. */
  signal: AbortSignal;
}

/** What a service answers. Data rather than a call on a socket, so that a fault can lose it after it took effect. */
export interface Answer {
  status: number;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
  /** A body that is written over time; ends when the promise settles. */
  stream?: (write: (chunk: string) => void, signal: AbortSignal) => Promise<void>;
}

export type Handler = (request: SandboxRequest) => Answer | Promise<Answer>;

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** The request's body as a JSON object; undefined when it is anything else. An empty body is an empty object. */
export function jsonBody(request: SandboxRequest): Record<string, unknown> | undefined {
  if (request.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    return asRecord(value);
  } catch {
    return undefined;
  }
}

/** The value when it is a plain object. */
export function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The value when it is a string that is not empty. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
