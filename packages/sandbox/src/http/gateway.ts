import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../faults.ts';
import type { Answer, Handler, SandboxRequest } from './answer.ts';

export interface GatewayHooks {
  /** Called once per request, before it is handled. */
  takeFault(request: SandboxRequest): Fault | undefined;
  /** Called with the request as soon as it is read; what it returns is called with the status that was sent (0: none). */
  onRequest(request: SandboxRequest, fault: Fault | undefined): (status: number) => void;
  /** What a handler threw. */
  onError(error: unknown, request: SandboxRequest): Answer;
}

/** Reads a request whole, lets faults have their way, and writes the handler's answer. */
export function createGateway(handler: Handler, hooks: GatewayHooks) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const hungUp = new AbortController();
    outgoing.once('close', () => hungUp.abort());
    const request = await readRequest(incoming, hungUp.signal).catch(() => undefined);
    if (request === undefined) return;
    const fault = hooks.takeFault(request);
    const done = hooks.onRequest(request, fault);
    const handle = async (): Promise<Answer> => {
      try {
        return await handler(request);
      } catch (error) {
        return hooks.onError(error, request);
      }
    };
    if (fault?.delayMs !== undefined && !(await waited(fault.delayMs, hungUp.signal))) {
      done(0);
      return;
    }
    const answer = await answerUnder(fault, handle);
    // Before the answer is on its way: whoever has it may look at the log at once.
    done(answer === 'cut' || answer === 'nothing' ? 0 : answer.status);
    if (answer === 'nothing') return;
    if (answer === 'cut') {
      incoming.socket.destroy();
      return;
    }
    await write(answer, outgoing, incoming, fault?.cutAfterBytes, hungUp.signal);
  };
}

async function answerUnder(
  fault: Fault | undefined,
  handle: () => Promise<Answer>,
): Promise<Answer | 'cut' | 'nothing'> {
  if (fault === undefined) return handle();
  if (fault.afterEffect) await handle();
  if (fault.blackHole) return 'nothing';
  if (fault.status !== undefined) return ordered(fault, fault.status);
  return fault.afterEffect ? 'cut' : handle();
}

function ordered(fault: Fault, status: number): Answer {
  const text = typeof fault.body === 'string';
  return {
    status,
    headers: { 'content-type': text ? 'text/plain; charset=utf-8' : 'application/json', ...fault.headers },
    ...(fault.body !== undefined && { body: text ? String(fault.body) : JSON.stringify(fault.body) }),
  };
}

async function write(
  answer: Answer,
  outgoing: ServerResponse,
  incoming: IncomingMessage,
  cutAfterBytes: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (outgoing.destroyed) return;
  if (answer.stream) {
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.flushHeaders();
    let left = cutAfterBytes ?? Number.POSITIVE_INFINITY;
    await answer.stream((chunk) => {
      if (outgoing.destroyed) return;
      outgoing.write(chunk.slice(0, left));
      left -= chunk.length;
      if (left <= 0) incoming.socket.destroy();
    }, signal);
    outgoing.end();
    return;
  }
  const body = Buffer.from(answer.body ?? '');
  const bodiless = answer.status === 204 || answer.status === 304;
  outgoing.writeHead(answer.status, { ...answer.headers, ...(!bodiless && { 'content-length': body.length }) });
  if (cutAfterBytes !== undefined && cutAfterBytes < body.length) {
    outgoing.write(body.subarray(0, cutAfterBytes), () => incoming.socket.destroy());
    return;
  }
  outgoing.end(incoming.method === 'HEAD' || bodiless ? undefined : body);
}

async function readRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<SandboxRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks),
    signal,
  };
}

async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
