import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';

export interface StepCommand {
  command: string;
  args: string[];
  cwd: string;
  environment: Record<string, string>;
  /** Ends the process as the runner does: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL for its whole group. */
  signal: AbortSignal;
  /** The process group, for killing what a step leaves behind. */
  onStart(group: number): void;
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
}

/** Times of actions/runner's ProcessInvoker.cs, in milliseconds. */
const interruptGraceMs = 7500;
const terminateGraceMs = 2500;
const streamGraceMs = 5000;

/** Runs one process to its end and gives the exit code (128 + number after a signal). Throws when it cannot be started. */
export async function runProcess(step: StepCommand): Promise<{ exitCode: number }> {
  const child = spawn(step.command, step.args, {
    cwd: step.cwd,
    env: step.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a Ctrl-C in the terminal reaches the step only through the runner's own sequence.
    detached: true,
  });
  splitLines(child, 'stdout', step.onLine);
  splitLines(child, 'stderr', step.onLine);
  const started = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<number>();
  const closed = Promise.withResolvers<void>();
  child.once('spawn', () => started.resolve());
  child.once('error', (error) => started.reject(error));
  child.once('exit', (code, signal) => exited.resolve(code ?? 128 + signalNumber(signal)));
  child.once('close', () => closed.resolve());
  await started.promise;
  step.onStart(child.pid ?? 0);
  const stop = (): void => void escalate(child, exited.promise);
  if (step.signal.aborted) stop();
  else step.signal.addEventListener('abort', stop, { once: true });
  const exitCode = await exited.promise;
  step.signal.removeEventListener('abort', stop);
  await withinGrace(closed.promise, child);
  return { exitCode };
}

/** Kills what a step left running, as the runner does at the end of a job. */
export function killGroup(group: number): void {
  if (group <= 0) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // Nothing of this group is left.
  }
}

async function escalate(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  const ended = exited.then(() => true);
  child.kill('SIGINT');
  if (await Promise.race([ended, sleep(interruptGraceMs, false, { ref: false })])) return;
  child.kill('SIGTERM');
  if (await Promise.race([ended, sleep(terminateGraceMs, false, { ref: false })])) return;
  killGroup(child.pid ?? 0);
}

/** A grandchild that keeps the pipe open holds the step for five seconds at most. */
async function withinGrace(closed: Promise<void>, child: ChildProcess): Promise<void> {
  const patience = new AbortController();
  const late = sleep(streamGraceMs, true, { signal: patience.signal }).catch(() => false);
  if ((await Promise.race([closed.then(() => false), late])) === true) {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  patience.abort();
}

function splitLines(child: ChildProcess, name: 'stdout' | 'stderr', onLine: StepCommand['onLine']): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.endsWith('\r') ? line.slice(0, -1) : line, name);
  };
  child[name]?.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  child[name]?.on('close', () => {
    take(decoder.end());
    if (rest !== '') onLine(rest, name);
    rest = '';
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : 2;
}
