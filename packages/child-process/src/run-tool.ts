import { type ChildProcess, spawn } from 'node:child_process';
import { switchCoreDumpsOff } from './core-dumps.ts';
import { OutputTail } from './output-tail.ts';
import { allowListedEnvironment } from './tool-environment.ts';
import { ToolMissing } from './tool-missing.ts';

export interface ToolOptions {
  command: string;
  /** Never a secret: every user of the machine can read arguments. */
  args: readonly string[];
  cwd?: string;
  /** Added to the allow list of tool-environment.ts. */
  environment?: Record<string, string | undefined>;
  /** Milliseconds until the program and all it started are ended. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
  /** Called with every line of output; the caller cleans foreign text before showing it (S14). */
  onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
}

export interface RunToolOptions extends ToolOptions {
  input?: string | Uint8Array;
  /** Per stream; the end is kept. Default 1 MiB. */
  maxOutputBytes?: number;
}

export interface ToolResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
  /** Milliseconds. */
  durationMs: number;
}

export interface StartedTool {
  child: ChildProcess;
  /** Rejects with ToolMissing, or with the signal's reason when the caller gave up; never because of an exit code. */
  finished: Promise<ToolResult>;
  /** Ends the program and all it started: SIGTERM, and SIGKILL two seconds later or once the program is gone. Resolves when it is. */
  stop(): Promise<void>;
}

const MIB = 1024 * 1024;
const GRACE_MS = 2000;

/** Runs a program to its end; an exit code is a result. Throws ToolMissing, or the signal's reason when the caller gave up. */
export async function runTool(options: RunToolOptions): Promise<ToolResult> {
  const stdout = new OutputTail(options.maxOutputBytes ?? MIB, lineReader(options, 'stdout'));
  const tool = launch(options, options.maxOutputBytes ?? MIB);
  tool.child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
  tool.child.stdout?.on('close', () => stdout.end());
  // The program may end without reading its input; its exit code tells the story, not EPIPE.
  tool.child.stdin?.on('error', () => {});
  tool.child.stdin?.end(options.input);
  return { ...(await tool.finished), stdout: stdout.text() };
}

/** Starts a program whose stdin and stdout the caller connects; stderr is kept (its last MiB) in the result. */
export function startTool(options: ToolOptions): StartedTool {
  return launch(options, MIB);
}

function launch(options: ToolOptions, maxErrorBytes: number): StartedTool {
  const { command, args, cwd, environment, deadlineMs, signal } = options;
  signal?.throwIfAborted();
  switchCoreDumpsOff();
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: allowListedEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own, so that what the program started ends with it.
    detached: true,
  });
  const stderr = new OutputTail(maxErrorBytes, lineReader(options, 'stderr'));
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  child.stderr?.on('close', () => stderr.end());
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= endGroup(child, closed);
    return stopping;
  };

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void stop();
  }, deadlineMs);
  const giveUp = (): void => void stop();
  signal?.addEventListener('abort', giveUp, { once: true });

  const finished = new Promise<ToolResult>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT' || error.code === 'EACCES';
      reject(missing ? new ToolMissing(command, error) : error);
    });
    child.once('close', (exitCode, endSignal) => {
      if (signal?.aborted) return reject(signal.reason);
      const durationMs = performance.now() - startedAt;
      resolve({ exitCode, signal: endSignal, stdout: '', stderr: stderr.text(), timedOut, durationMs });
    });
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  });
  // A caller that stops the tool may never look at the result.
  finished.catch(() => {});
  return { child, finished, stop };
}

async function endGroup(child: ChildProcess, closed: Promise<void>): Promise<void> {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS);
  await closed;
  clearTimeout(timer);
  // What it started may ignore SIGTERM and hold none of its streams, whose end is what was waited for.
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

function lineReader(options: ToolOptions, stream: 'stdout' | 'stderr'): ((line: string) => void) | undefined {
  const { onLine } = options;
  return onLine && ((line) => onLine(line, stream));
}
