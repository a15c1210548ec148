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

export type Verdict = 'pass' | 'lose-request' | 'lose-answer';

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
          if (verdict === 'lose-answer') return void response.destroy();
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          response.end(Buffer.concat(body));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(Buffer.concat(chunks));
  });
}
