import http from 'node:http';
import https from 'node:https';
import { HttpError, type HttpErrorKind } from './http-error.ts';

/** One request as it goes on the wire. */
export interface Exchange {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array | undefined;
  /** Fires with the reason `deadline` when the attempt's time is over, with any other when the caller gives up. */
  signal: AbortSignal;
}

/** The reason an attempt's own signal aborts with when its time is over. */
export const DEADLINE = Symbol('deadline');

const agents = new Map<string, http.Agent>();
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Sends one request and resolves with the response head; throws HttpError (timeout, connection, aborted). */
export function exchange(request: Exchange): Promise<http.IncomingMessage> {
  const { url, signal } = request;
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (error: unknown): void => reject(failureOf(request, error, connected));
    if (signal.aborted) return fail(signal.reason);
    const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
      method: request.method,
      agent: agentFor(url, request.method),
      signal,
    });
    // Not among the options: with NODE_DEBUG=net Node prints those of every connection, tokens included (S15).
    for (const [name, value] of Object.entries(request.headers)) outgoing.setHeader(name, value);
    outgoing.once('socket', (socket) => {
      // Nothing of the request leaves before the connection stands and, with TLS, the handshake is done.
      if (!socket.connecting) connected = true;
      else
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          connected = true;
        });
    });
    outgoing.once('response', resolve);
    outgoing.once('error', fail);
    outgoing.end(request.body);
  });
}

/** Turns whatever ended an exchange early into an HttpError. */
export function failureOf(request: Exchange, error: unknown, maybeSent: boolean): HttpError {
  if (error instanceof HttpError) return error;
  const { method, url, signal } = request;
  const seen: { kind: HttpErrorKind; detail: string } = signal.aborted
    ? signal.reason === DEADLINE
      ? { kind: 'timeout', detail: maybeSent ? 'gave no complete answer in time' : 'accepted no connection in time' }
      : { kind: 'aborted', detail: 'was aborted' }
    : { kind: 'connection', detail: `failed: ${connectionProblem(error)}` };
  return new HttpError({ ...seen, method, url, maybeSent, cause: signal.aborted ? signal.reason : error });
}

function connectionProblem(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused (ECONNREFUSED)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host name does not resolve (${code})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `the connection was cut (${code})`;
    default: {
      const message = error instanceof Error ? error.message : String(error);
      return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
    }
  }
}

/**
 * Reads are sent over kept connections. Everything else gets a fresh one: a kept connection that the server has just closed
 * fails in a way that cannot be told from a request that was carried out. Node's proxy variables apply to all but loopback.
 */
function agentFor(url: URL, method: string): http.Agent {
  const { env } = process;
  const proxied = Boolean(env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy);
  const proxy = proxied && !LOOPBACK.test(url.hostname) ? { proxyEnv: env } : {};
  const keepAlive = method === 'GET' || method === 'HEAD';
  const kind = `${url.protocol} ${keepAlive} ${'proxyEnv' in proxy}`;
  const Agent = url.protocol === 'https:' ? https.Agent : http.Agent;
  const agent = agents.get(kind) ?? new Agent({ keepAlive, maxSockets: 32, ...proxy });
  agents.set(kind, agent);
  return agent;
}
