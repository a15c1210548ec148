import { request as httpRequest } from 'node:http';
import type { Answer, SandboxRequest } from './answer.ts';

/** Headers that belong to one connection, not to the message. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'date', 'host'];

/** Passes a request on to an inner service of this process and gives its answer; `headers` replace those of the caller. */
export function forward(port: number, request: SandboxRequest, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const query = request.query.size > 0 ? `?${request.query}` : '';
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: request.method,
        path: `${request.path}${query}`,
        agent: false,
        headers: { ...without(request.headers), ...headers, 'content-length': request.body.length },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 502,
            headers: without(incoming.headers),
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(request.body);
  });
}

function without(headers: NodeJS.Dict<string | string[]>): Record<string, string | string[]> {
  const kept = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || hopByHop.includes(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(kept);
}
