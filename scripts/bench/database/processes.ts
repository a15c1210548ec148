import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export interface ProcessRun {
  /** From its start to its end, or to the line that was waited for. */
  seconds: number;
  /** Highest resident memory of the process and all it started, PostgreSQL servers left out; MB. 0 where not measured. */
  peakMb: number;
  output: string;
}

interface Program {
  command: string;
  args: readonly string[];
  environment: Record<string, string>;
  cwd?: string;
  /** Samples the memory of the process tree, which costs the processes a little time. */
  memory?: boolean;
  /** Ends the measurement, and the process, when its output has this. */
  until?: string;
}

/** Runs a program to its end. @throws Error with its output when it fails. */
export async function measure(program: Program): Promise<ProcessRun> {
  const started = performance.now();
  let seconds = 0;
  const child = spawn(program.command, program.args, {
    env: { PATH: process.env.PATH, ...program.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
  });
  let output = '';
  const hear = (chunk: Buffer) => {
    output += chunk;
    if (program.until === undefined || seconds > 0 || !output.includes(program.until)) return;
    seconds = (performance.now() - started) / 1000;
    child.kill('SIGKILL');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let peakMb = 0;
  let ended = false;
  const sampling = (async () => {
    while (program.memory === true && !ended) {
      peakMb = Math.max(peakMb, await treeMemory(child.pid ?? 0));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended = true;
  await sampling;
  if (seconds === 0 && (code !== 0 || program.until !== undefined)) {
    throw new Error(`${program.command} ${program.args.join(' ')} ended with ${code}: ${output.slice(-2_000)}`);
  }
  return { seconds: seconds || (performance.now() - started) / 1000, peakMb, output };
}

/** A committed bundle, started as a runner starts it; a decision that fails the step is an error. */
export async function measureAction(
  action: string,
  inputs: Record<string, string>,
  given: Pick<Program, 'memory' | 'until'> & { workspace: string },
): Promise<ProcessRun> {
  const home = await mkdtemp(join(tmpdir(), 'ops-actions-bench-'));
  try {
    return await measure({
      command: process.execPath,
      args: [join(root, 'actions', action, 'dist/index.js')],
      cwd: given.workspace,
      environment: {
        HOME: home,
        GITHUB_WORKSPACE: given.workspace,
        GITHUB_OUTPUT: join(home, 'output'),
        GITHUB_RUN_ID: '7',
        GITHUB_RUN_ATTEMPT: '1',
        RUNNER_TEMP: home,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      ...given,
    });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * MB. A child that was forked and has not become its program yet still bears the command line of its parent and shares its memory:
 * counted, it would double the parent for the moments that a busy machine takes.
 */
async function treeMemory(pid: number, parent?: string): Promise<number> {
  const of = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  // In this order: who has become its program meanwhile has the memory of that.
  const line = await of('cmdline');
  const status = await of('status');
  if (/^Name:\s+postgres$/m.test(status) || line === parent) return 0;
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  const children = (await of(`task/${pid}/children`)).trim();
  const theirs = await Promise.all(
    children === '' ? [] : children.split(' ').map((child) => treeMemory(Number(child), line)),
  );
  return theirs.reduce((sum, mb) => sum + mb, own);
}
