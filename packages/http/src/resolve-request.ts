import type { HttpClientOptions, HttpRequest } from './client.ts';

/** A request with its final address, headers and body, and a function that removes its secrets from a text. */
export interface ResolvedRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  redact(text: string): string;
}

const NOT_SECRET = new Set(['accept', 'content-type', 'user-agent', 'x-github-api-version']);

/** Joins a request with the client's base address and headers; throws TypeError for a path that leaves the base address by `..`. */
export function resolveRequest(options: HttpClientOptions, request: HttpRequest): ResolvedRequest {
  const base = new URL(options.baseUrl);
  const absolute = /^https?:\/\//i.test(request.path);
  const prefix = `${base.origin}${base.pathname.replace(/\/+$/, '')}/`;
  const url = new URL(absolute ? request.path : `${prefix}${request.path.replace(/^\/+/, '')}`);
  if (!absolute && !url.href.startsWith(prefix)) throw new TypeError(`The path ${request.path} leaves ${prefix}`);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  const own = url.origin === base.origin ? (options.headers ?? {}) : {};
  const body = bodyOf(request);
  const headers: Record<string, string> = { 'user-agent': 'ops-actions', 'accept-encoding': 'identity' };
  if (request.json !== undefined) headers['content-type'] = 'application/json';
  // Without it Node would send a POST without a body as chunked, which some servers refuse.
  if (body !== undefined || /^(POST|PUT|PATCH)$/.test(request.method ?? '')) {
    headers['content-length'] = String(body?.length ?? 0);
  }
  for (const [name, value] of Object.entries({ ...own, ...request.headers })) headers[name.toLowerCase()] = value;
  return { method: request.method ?? 'GET', url, headers, body, redact: redactor(options, request) };
}

function bodyOf(request: HttpRequest): Uint8Array | undefined {
  if (request.json !== undefined) return Buffer.from(JSON.stringify(request.json));
  return typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
}

function redactor(options: HttpClientOptions, request: HttpRequest): (text: string) => string {
  const secrets = new Set(options.secrets?.filter((secret) => secret.length >= 4));
  for (const [name, value] of Object.entries({ ...options.headers, ...request.headers })) {
    if (NOT_SECRET.has(name.toLowerCase())) continue;
    for (const part of [value, ...value.split(/\s+/)]) if (part.length >= 8) secrets.add(part);
  }
  return (text) => [...secrets].reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}
