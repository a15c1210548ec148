import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request of an actor, before it goes on its way. */
export interface Passage {
  /** Counted from 0 over all services of the actor. */
  index: number;
  service: string;
  method: string;
  path: string;
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
  close(): Promise<void>;
}

export async function startGate(
  services: Record<string, string>,
  decide: (passage: Passage) => Promise<Verdict> | Verdict,
): Promise<Gate> {
  const passages: Passage[] = [];
  const servers = await Promise.all(
    Object.entries(services).map(async ([service, target]) => {
      const server = createServer((incoming, response) => {
        const passage = { index: passages.length, service, method: incoming.method ?? '', path: incoming.url ?? '' };
        passages.push(passage);
        void pass(incoming, response, target, async () => decide(passage));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { service, server };
    }),
  );
  return {
    passages,
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
  decide: () => Promise<Verdict>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const verdict = await decide();
  if (verdict === 'lose-request') return void response.destroy();
  const url = new URL(incoming.url ?? '/', target);
  const outgoing = send(
    url,
    { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
    (answer) => {
      const body: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => body.push(chunk));
      answer.on('end', () => {
        if (verdict === 'lose-answer') return void response.destroy();
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.end(Buffer.concat(body));
      });
    },
  );
  outgoing.on('error', () => response.destroy());
  outgoing.end(Buffer.concat(chunks));
}
