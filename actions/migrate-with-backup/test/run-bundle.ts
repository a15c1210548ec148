import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const bundle = join(import.meta.dirname, '../dist/index.js');

export interface BundleRun {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  outputs: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  result: any;
}

/** A checkout and a runner's files for one case. */
export async function createWorkspace(migrations: Record<string, string>) {
  const root = await mkdtemp(join(tmpdir(), 'migrate-'));
  const folder = join(root, 'work/supabase/migrations');
  const write = async (files: Record<string, string>) => {
    await mkdir(folder, { recursive: true });
    for (const [name, sql] of Object.entries(files)) await writeFile(join(folder, name), sql);
  };
  if (Object.keys(migrations).length > 0) await write(migrations);
  else await mkdir(join(root, 'work'), { recursive: true });
  let runs = 0;
  return {
    root,
    backups: join(root, 'backups'),
    write,
    /** Starts the committed bundle as a runner does. */
    start(inputs: Record<string, string>, environment: Record<string, string> = {}) {
      const output = join(root, `output-${++runs}`);
      const child = spawn(process.execPath, [bundle], {
        cwd: join(root, 'work'),
        env: {
          PATH: process.env.PATH ?? '',
          HOME: root,
          GITHUB_WORKSPACE: join(root, 'work'),
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
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stdout += chunk;
      });
      const finished = new Promise<BundleRun>((resolve) =>
        child.once('close', async (exitCode, signal) => {
          const outputs = parseOutputs(await readFile(output, 'utf8').catch(() => ''));
          resolve({
            exitCode,
            signal,
            stdout,
            outputs,
            result: outputs.result ? JSON.parse(outputs.result) : undefined,
          });
        }),
      );
      return { child, finished, text: () => stdout };
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^(.+)<<(\S+)\n([\s\S]*?)\n\2$/gm)) outputs[name] = value;
  return outputs;
}
