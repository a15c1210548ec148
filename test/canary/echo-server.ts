import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server answers that repeats what it was sent: each is an error that adapters turn into a message. */
export const moods = ['refuses', 'fails', 'says ok', 'is no JSON'] as const;
export type Mood = (typeof moods)[number];

/** A server that repeats headers, address and body of every request in its answer, the way careless services do in messages. */
export async function startEchoServer(mood: Mood): Promise<{ address: string; requests(): number; close(): void }> {
  let requests = 0;
  const server = createServer(async (request, response) => {
    requests += 1;
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const echo = `bad request ${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`;
    const status = mood === 'refuses' ? 403 : mood === 'fails' ? 500 : 200;
    response.writeHead(status, { 'content-type': 'application/json', 'x-echo': echo.replace(/[^\x20-\x7e]/g, ' ') });
    if (mood === 'is no JSON') response.end(`<html>${echo}\n::error::${echo}</html>`);
    else {
      const error = mood === 'says ok' ? echo : { code: 'forbidden', message: echo };
      response.end(JSON.stringify({ ok: false, message: echo, error, id: echo, name: echo, status: echo }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
