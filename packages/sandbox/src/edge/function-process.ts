import { AsyncLocalStorage } from 'node:async_hooks';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { callHandler } from './call-handler.ts';
import { type FunctionMessage, functionFileHeader, requestIdHeader } from './function-messages.ts';

// Runs in a process of its own, one per deployment: node function-process.ts SOCKET
const socket = process.argv[2] ?? '';
const request = new AsyncLocalStorage<string>();
const send = (message: FunctionMessage) => process.send?.(message);

for (const [method, level] of [
  ['log', 'info'],
  ['info', 'info'],
  ['debug', 'debug'],
  ['warn', 'warning'],
  ['error', 'error'],
] as const) {
  console[method] = (...values: unknown[]) =>
    send({ kind: 'log', requestId: request.getStore(), level, text: format(...values) });
}

// The sandbox is gone, however it ended.
process.on('disconnect', () => process.exit(0));

const server = createServer((incoming, outgoing) => {
  const file = String(incoming.headers[functionFileHeader] ?? '');
  const requestId = String(incoming.headers[requestIdHeader] ?? '');
  delete incoming.headers[functionFileHeader];
  delete incoming.headers[requestIdHeader];
  outgoing.once('close', () => send({ kind: 'done', requestId }));
  request.run(requestId, () => void answer(file, incoming, outgoing));
});

async function answer(file: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    await callHandler(loaded, incoming, outgoing);
  } catch (error) {
    console.error(error);
    if (outgoing.headersSent) {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(500, {
      'content-type': 'text/plain; charset=utf-8',
      'x-vercel-error': 'FUNCTION_INVOCATION_FAILED',
    });
    outgoing.end('A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n');
  }
}

server.listen(socket, () => send({ kind: 'listening' }));
