import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

type Loaded = Record<string, unknown>;
export type WebHandler = (request: Request) => Response | Promise<Response>;
type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * Calls a function as Vercel's Node.js runtime does: `export function GET(request)` and `export default { fetch }` get a
 * web Request, `export default (request, response)` gets Node's pair with `query`, `cookies`, `body`, `status`, `json`,
 * `send` and `redirect`. @throws what the handler throws, and Error when the file exports no handler.
 */
export async function callHandler(loaded: Loaded, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const method = incoming.method ?? 'GET';
  const named = loaded[method] ?? (method === 'HEAD' ? loaded.GET : undefined);
  const fallback = unwrapped(loaded.default);
  if (typeof named === 'function') return answerWeb(named as WebHandler, incoming, outgoing);
  if (isFetchObject(fallback)) return answerWeb((request) => fallback.fetch(request), incoming, outgoing);
  if (typeof fallback === 'function') return answerNode(fallback as NodeHandler, incoming, outgoing);
  if (['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'].some((name) => typeof loaded[name] === 'function')) {
    outgoing.writeHead(405).end();
    return;
  }
  throw new Error('the function exports no handler: neither a default function nor one named after a method');
}

/** CommonJS modules with a `default` of their own arrive wrapped twice. */
function unwrapped(value: unknown): unknown {
  const inner = (value as { default?: unknown } | undefined)?.default;
  return typeof value === 'object' && typeof inner === 'function' ? inner : value;
}

function isFetchObject(value: unknown): value is { fetch: WebHandler } {
  return typeof value === 'object' && value !== null && typeof (value as { fetch?: unknown }).fetch === 'function';
}

/** Gives a web Request to a handler and writes its Response. @throws what the handler throws. */
export async function answerWeb(
  handler: WebHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const withBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
  const body = withBody ? await readBody(incoming) : undefined;
  const response = await handler(
    new Request(`http://${incoming.headers.host ?? 'localhost'}${incoming.url ?? '/'}`, {
      method: incoming.method ?? 'GET',
      headers,
      ...(body && { body: new Uint8Array(body) }),
    }),
  );
  if (!(response instanceof Response)) throw new Error('the function did not return a Response');
  outgoing.statusCode = response.status;
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  });
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (response.body === null) outgoing.end();
  else Readable.from(response.body).pipe(outgoing);
}

async function answerNode(handler: NodeHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  Object.assign(incoming, {
    query: Object.fromEntries(url.searchParams),
    cookies: parseCookies(incoming.headers.cookie),
    body: parseBody(body, incoming.headers['content-type']),
  });
  Object.assign(outgoing, {
    status(code: number) {
      outgoing.statusCode = code;
      return outgoing;
    },
    json(value: unknown) {
      outgoing.setHeader('content-type', 'application/json; charset=utf-8');
      outgoing.end(JSON.stringify(value));
      return outgoing;
    },
    send(value: unknown) {
      if (typeof value === 'string' || value instanceof Uint8Array) outgoing.end(value);
      else return (outgoing as unknown as { json(value: unknown): unknown }).json(value);
      return outgoing;
    },
    redirect(statusOrUrl: number | string, url?: string) {
      const [status, location] = typeof statusOrUrl === 'number' ? [statusOrUrl, url ?? '/'] : [307, statusOrUrl];
      outgoing.writeHead(status, { location }).end();
      return outgoing;
    },
  });
  await handler(incoming, outgoing);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseBody(body: Buffer, type: string | undefined): unknown {
  if (body.length === 0 || type === undefined) return undefined;
  if (type.includes('application/json')) return JSON.parse(body.toString('utf8'));
  if (type.includes('urlencoded')) return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  return type.startsWith('text/') ? body.toString('utf8') : body;
}

function parseCookies(header: string | undefined): Record<string, string> {
  const pairs = (header ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 0 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
