import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BundleRun {
  exitCode: number | null;
  stdout: string;
  outputs: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  result: any;
}

/** Starts the bundle of an action as a runner does. */
export async function runBundle(
  action: 'backup' | 'restore',
  inputs: Record<string, string>,
  environment: Record<string, string> = {},
): Promise<BundleRun> {
  const root = await mkdtemp(join(tmpdir(), 'backup-bundle-'));
  const output = join(root, 'output');
  const child = spawn(process.execPath, [join(import.meta.dirname, '../..', action, 'dist/index.js')], {
    cwd: root,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: root,
      GITHUB_WORKSPACE: root,
      GITHUB_OUTPUT: output,
      GITHUB_REPOSITORY: 'org/notes',
      GITHUB_RUN_ID: '7',
      GITHUB_RUN_ATTEMPT: '1',
      RUNNER_TEMP: root,
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (stdout += chunk));
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const text = await readFile(output, 'utf8').catch(() => '');
  const outputs = Object.fromEntries(
    [...text.matchAll(/^(.+)<<(\S+)\n([\s\S]*?)\n\2$/gm)].map(([, name = '', , value = '']) => [name, value]),
  );
  return { exitCode, stdout, outputs, result: outputs.result ? JSON.parse(outputs.result) : undefined };
}
