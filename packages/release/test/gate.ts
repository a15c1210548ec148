import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of an actor, before it goes on its way. */
export interface Passage {
  /** Counted from 0 over all services of the actor. */
  index: number;
  service: string;
  method: string;
  path: string;
  /** As text, once it was read. */
  body: string;
}

/** The connection is cut before the request arrives, or before its answer does. */
export type Loss = 'lose-request' | 'lose-answer';

/**
 * `silence…`: never answered, the connection stays open. `half-answer`: the body is cut in its middle.
 * `odd-answer`: valid JSON with nothing of what belongs there.
 */
export type Verdict = 'pass' | Loss | 'silence' | 'silence-after-effect' | 'half-answer' | 'odd-answer' | Refusal;

/** Answered so instead of by the service; with `afterEffect` the service has done what it was asked for. */
export interface Refusal {
  status: number;
  headers?: Record<string, string>;
  afterEffect?: boolean;
}

/**
 * The only way of one actor to its services: every request waits here for its verdict, so that a test can hold an actor at
 * each boundary, or lose the request or its answer there.
 */
export interface Gate {
  /** Addresses of the services as the actor sees them. */
  address(service: string): string;
  passages: Passage[];
  /** Resolves when nothing is on its way to a service. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export async function startGate(
  services: Record<string, string>,
  decide: (passage: Passage) => Promise<Verdict> | Verdict,
  /** Called when the actor has its answer. */
  answered: (passage: Passage) => void = () => {},
  /** `seen`: services get the host that the actor has signed. Default their own. */
  host: 'own' | 'seen' = 'own',
): Promise<Gate> {
  const passages: Passage[] = [];
  const underWay = new Set<Promise<void>>();
  const servers = await Promise.all(
    Object.entries(services).map(async ([service, target]) => {
      const server = createServer((incoming, response) => {
        const { method = '', url: path = '' } = incoming;
        const passage = { index: passages.length, service, method, path, body: '' };
        passages.push(passage);
        response.once('finish', () => answered(passage));
        const decided = async (body: string) => {
          passage.body = body;
          return decide(passage);
        };
        // An actor that dies takes its connections along.
        const passing = pass(incoming, response, target, host, decided).catch(() => void response.destroy());
        underWay.add(passing);
        void passing.finally(() => underWay.delete(passing));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { service, server };
    }),
  );
  return {
    passages,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    address(service) {
      const found = servers.find((entry) => entry.service === service);
      if (found === undefined) throw new Error(`there is no gate before ${service}`);
      return `http://127.0.0.1:${(found.server.address() as AddressInfo).port}`;
    },
    async close() {
      await Promise.all(
        servers.map(({ server }) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}

async function pass(
  incoming: IncomingMessage,
  response: ServerResponse,
  target: string,
  host: 'own' | 'seen',
  decide: (body: string) => Promise<Verdict>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const verdict = await decide(Buffer.concat(chunks).toString('utf8'));
  if (verdict === 'lose-request') return void response.destroy();
  if (verdict === 'silence') return;
  if (typeof verdict === 'object' && verdict.afterEffect !== true) return void refuse(response, verdict);
  const url = new URL(incoming.url ?? '/', target);
  await new Promise<void>((resolve, reject) => {
    const outgoing = send(
      url,
      { method: incoming.method, headers: { ...incoming.headers, ...(host === 'own' ? { host: url.host } : {}) } },
      (answer) => {
        const body: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => body.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve();
          give(response, verdict, answer, Buffer.concat(body));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(Buffer.concat(chunks));
  });
}

function give(response: ServerResponse, verdict: Verdict, answer: IncomingMessage, body: Buffer): void {
  if (verdict === 'silence-after-effect') return;
  if (verdict === 'lose-answer') return void response.destroy();
  if (typeof verdict === 'object') return void refuse(response, verdict);
  const { statusCode = 502, headers } = answer;
  if (verdict === 'odd-answer') {
    const { 'content-length': _, 'transfer-encoding': __, ...rest } = headers;
    return void response.writeHead(statusCode, { ...rest, 'content-type': 'application/json' }).end('{"odd":true}');
  }
  if (verdict !== 'half-answer') return void response.writeHead(statusCode, headers).end(body);
  const { 'transfer-encoding': _, ...rest } = headers;
  response.writeHead(statusCode, { ...rest, 'content-length': String(Math.max(2, body.length)) });
  response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
}

function refuse(response: ServerResponse, { status, headers = {} }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { code: 'fault', message: 'a bad day' }, message: 'a bad day' }));
}
