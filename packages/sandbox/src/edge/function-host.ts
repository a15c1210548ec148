import { type ChildProcess, spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, SandboxRequest } from '../http/answer.ts';
import { type FunctionMessage, functionFileHeader, requestIdHeader } from './function-messages.ts';

/** How this process strips types where Node does not do it itself (bin/ops-actions.js). */
const loaderOptions = process.execArgv.filter((option) => /^--(import|disable-warning)=/.test(option));

export interface FunctionCall {
  file: string;
  request: SandboxRequest;
  /** Path and query as the function sees them. */
  url: string;
  host: string;
  requestId: string;
  timeoutMs: number;
}

export interface FunctionLine {
  at: number;
  level: 'debug' | 'error' | 'info' | 'warning';
  text: string;
}

/** The process of one deployment's functions; started by the first call, and again after it ended. */
export interface FunctionHost {
  call(call: FunctionCall): Promise<{ answer: Answer; lines: FunctionLine[] }>;
  stop(): Promise<void>;
}

export interface FunctionHostOptions {
  cwd: string;
  environment: Record<string, string>;
  /** Path of the Unix socket between edge and process. */
  socket: string;
  /** What the process runs; default the Vercel runtime of this folder. */
  program?: string;
}

const startDeadlineMs = 10_000;
const linesDeadlineMs = 100;
const endDeadlineMs = 500;
const program = join(import.meta.dirname, 'function-process.ts');

export function createFunctionHost(options: FunctionHostOptions): FunctionHost {
  const calls = new Map<string, { lines: FunctionLine[]; done: () => void }>();
  let generation = 0;
  let running: { child: ChildProcess; ready: Promise<string>; ended: Promise<void> } | undefined;
  let stopped = false;

  const start = () => {
    const socket = `${options.socket}.${generation++}`;
    const child = spawn(process.execPath, [...loaderOptions, options.program ?? program, socket], {
      cwd: options.cwd,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
        NODE_ENV: 'production',
        TZ: 'UTC',
        ...options.environment,
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
    const ready = new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error('the function process did not start in time'));
        // Else every later call would wait for the same one.
        child.kill('SIGKILL');
      }, startDeadlineMs);
      child.on('message', (message: FunctionMessage) => {
        if (message.kind === 'listening') {
          clearTimeout(late);
          resolve(socket);
        } else if (message.kind === 'done') {
          calls.get(message.requestId)?.done();
        } else if (message.requestId !== undefined) {
          const { level, text } = message;
          calls.get(message.requestId)?.lines.push({ at: Date.now(), level, text });
        }
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        if (running?.child === child) running = undefined;
        reject(new Error(`the function process ended with ${code ?? signal}`));
      });
    });
    ready.catch(() => {});
    running = { child, ready, ended };
    return running;
  };

  const attempt = async (call: FunctionCall, again = true): Promise<Answer> => {
    const current = running ?? start();
    try {
      return await forward(await current.ready, call);
    } catch (error) {
      // The process is ending, or has ended: the next call must find a new one.
      await Promise.race([current.ended, delay(endDeadlineMs, undefined, { ref: false })]);
      if (again && !stopped && ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error))) return attempt(call, false);
      throw error;
    }
  };

  return {
    async call(call) {
      const lines: FunctionLine[] = [];
      const done = new Promise<void>((resolve) => calls.set(call.requestId, { lines, done: resolve }));
      try {
        if (stopped) throw new Error('the sandbox is closing');
        const answer = await attempt(call);
        // Lines come by another channel than the answer and may be behind it.
        await Promise.race([done, delay(linesDeadlineMs, undefined, { ref: false })]);
        return { answer, lines };
      } catch (error) {
        lines.push({ at: Date.now(), level: 'error', text: (error as Error).message });
        return { answer: failed(500, 'FUNCTION_INVOCATION_FAILED'), lines };
      } finally {
        calls.delete(call.requestId);
      }
    },
    async stop() {
      stopped = true;
      const current = running;
      current?.child.kill('SIGKILL');
      await current?.ended;
    },
  };
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? '');
}

function forward(socketPath: string, call: FunctionCall): Promise<Answer> {
  const { request } = call;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        socketPath,
        method: request.method,
        path: call.url,
        headers: {
          ...request.headers,
          connection: 'close',
          host: call.host,
          'content-length': request.body.length,
          [functionFileHeader]: call.file,
          [requestIdHeader]: call.requestId,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          clearTimeout(late);
          const {
            connection: _connection,
            'keep-alive': _keepAlive,
            'transfer-encoding': _encoding,
            'content-length': _length,
            date: _date,
            ...headers
          } = incoming.headers;
          resolve({
            status: incoming.statusCode ?? 500,
            headers: { ...headers, 'x-vercel-cache': 'MISS' } as Record<string, string | string[]>,
            body: Buffer.concat(chunks),
          });
        });
      },
    );
    const late = setTimeout(() => {
      resolve(failed(504, 'FUNCTION_INVOCATION_TIMEOUT'));
      outgoing.destroy();
    }, call.timeoutMs);
    outgoing.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    outgoing.end(request.body);
  });
}

function failed(status: number, code: string): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-vercel-error': code },
    body: `A server error has occurred\n\n${code}\n`,
  };
}
