import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { answerWeb, type WebHandler } from '../edge/call-handler.ts';
import { type FunctionMessage, functionFileHeader, requestIdHeader } from '../edge/function-messages.ts';

// Runs one version of one edge function in a process of its own: node edge-function-process.ts SOCKET
const socket = process.argv[2] ?? '';
const send = (message: FunctionMessage) => process.send?.(message);

let handler: WebHandler | undefined;
/** The part of Deno that a function needs to answer. */
const deno = {
  env: { get: (name: string) => process.env[name], toObject: () => ({ ...process.env }) },
  serve(...given: unknown[]) {
    handler = given.find((one): one is WebHandler => typeof one === 'function');
    return { finished: new Promise<void>(() => {}) };
  },
};
Object.assign(globalThis, { Deno: deno });

// The sandbox is gone, however it ended.
process.on('disconnect', () => process.exit(0));

const server = createServer(async (incoming, outgoing) => {
  const file = String(incoming.headers[functionFileHeader] ?? '');
  const requestId = String(incoming.headers[requestIdHeader] ?? '');
  outgoing.once('close', () => send({ kind: 'done', requestId }));
  const refuse = (status: number, code: string, message: string) => {
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, message }));
  };
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { default?: { fetch?: WebHandler } };
    handler ??= loaded.default?.fetch;
  } catch {
    refuse(503, 'BOOT_ERROR', 'Function failed to start (please check logs)');
    return;
  }
  try {
    if (handler === undefined) throw new Error('the function never called Deno.serve');
    await answerWeb(handler, incoming, outgoing);
  } catch {
    refuse(500, 'WORKER_ERROR', 'Function exited due to an error (please check logs)');
  }
});

server.listen(socket, () => send({ kind: 'listening' }));
