import { lookup } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { decodedBody } from '#http/body';
import { refusalOfAddress } from './refused-address.ts';

/** One request of a probe as it goes on the wire. */
export interface ProbeRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  timeoutMs: number;
  listedByWorkflow: boolean;
  signal?: AbortSignal | undefined;
}

/** What came back; `body` holds at most 1 MiB. */
export interface ProbeAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Nothing usable came back. `asked` is false when the question never left this machine. */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure';
  readonly reasonCode: string;
  readonly asked: boolean;
  constructor(reasonCode: string, message: string, asked: boolean) {
    super(message);
    this.reasonCode = reasonCode;
    this.asked = asked;
  }
}

const LARGEST_BODY = 1024 * 1024;
const TIME_IS_UP = Symbol('time is up');

/**
 * Sends one request over a connection of its own and reads the answer; throws ProbeFailure. Beside #http because a probe must
 * see where the domain points now (no kept connection), repeats nothing by itself, and refuses an address at the moment of
 * connecting, so that a name cannot resolve to something else after it was checked.
 */
export async function sendProbe(request: ProbeRequest): Promise<ProbeAnswer> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(TIME_IS_UP), request.timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, limit.signal]) : limit.signal;
  try {
    refuseLiteralAddress(request);
    const message = await exchange(request, signal);
    const body = request.method === 'HEAD' ? '' : await readBounded(message);
    return { status: message.statusCode ?? 0, headers: message.headers, body };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    if (error instanceof ProbeFailure) throw error;
    if (limit.signal.aborted) {
      throw new ProbeFailure('timeout', `no complete answer within ${request.timeoutMs / 1000} s`, true);
    }
    throw failureOf(error);
  } finally {
    clearTimeout(timer);
  }
}

function exchange(request: ProbeRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { url } = request;
  const library = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = library.request(url, {
      method: request.method,
      agent: connectionFor(url),
      lookup: guardedLookup(request.listedByWorkflow),
      signal,
    });
    const standard = { 'user-agent': 'ops-actions', 'accept-encoding': 'identity', accept: '*/*' };
    // Not among the options: with NODE_DEBUG=net Node prints those of every connection, the bypass secret included (S15).
    for (const [name, value] of Object.entries({ ...standard, ...request.headers })) outgoing.setHeader(name, value);
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function readBounded(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of await decodedBody(message)) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length >= LARGEST_BODY) break;
  }
  return Buffer.concat(chunks).subarray(0, LARGEST_BODY).toString('utf8');
}

function refuseLiteralAddress({ url, listedByWorkflow }: ProbeRequest): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) ? refusalOfAddress(host, listedByWorkflow) : undefined;
  if (refusal) throw new ProbeFailure('address_refused', refusal, false);
}

function guardedLookup(listedByWorkflow: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      const found = Array.isArray(address) ? address.map((entry) => entry.address) : [address];
      const refusal = error ? undefined : found.map((each) => refusalOfAddress(each, listedByWorkflow)).find(Boolean);
      if (refusal) callback(new ProbeFailure('address_refused', `${hostname}: ${refusal}`, false), address, family);
      else callback(error, address, family);
    });
  };
}

/** Node's proxy variables apply to all but loopback; otherwise a fresh connection without an agent. */
function connectionFor(url: URL): http.Agent | false {
  const { env } = process;
  const proxied = env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy;
  if (!proxied || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return false;
  const options = { keepAlive: false, proxyEnv: env };
  return url.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
}

function failureOf(error: unknown): ProbeFailure {
  const code = String((error as { code?: unknown } | undefined)?.code ?? '');
  const message = error instanceof Error ? error.message : String(error);
  const known = KNOWN_FAILURES[code];
  if (known) return new ProbeFailure(known.reasonCode, `${known.message} (${code})`, known.asked);
  if (/^(ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|ERR_SSL|EPROTO)/.test(code)) {
    return new ProbeFailure('certificate_invalid', `the TLS connection was refused: ${message} (${code})`, true);
  }
  return new ProbeFailure('connection_failed', message, true);
}

const KNOWN_FAILURES: Record<string, { reasonCode: string; message: string; asked: boolean } | undefined> = {
  ECONNREFUSED: { reasonCode: 'connection_refused', message: 'connection refused', asked: true },
  ECONNRESET: { reasonCode: 'connection_lost', message: 'the connection was cut', asked: true },
  EPIPE: { reasonCode: 'connection_lost', message: 'the connection was cut', asked: true },
  ENOTFOUND: { reasonCode: 'host_not_found', message: 'the host name does not exist', asked: true },
  // The machine's own resolver or network is at fault: that says nothing about the app.
  EAI_AGAIN: { reasonCode: 'name_service_unavailable', message: 'host names cannot be resolved here', asked: false },
  ENETUNREACH: { reasonCode: 'network_unreachable', message: 'this machine has no route there', asked: false },
};
