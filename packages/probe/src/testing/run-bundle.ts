import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a bundle ended. */
export interface Ending {
  code: number | null;
  log: string;
  outputs: Record<string, string>;
  /** The output `result`, parsed. */
  result: Record<string, unknown>;
  summary: string;
  /** Files of the workspace that the bundle wrote, by their path. */
  read(path: string): Promise<string>;
  durationMs: number;
  /** Unix seconds. */
  endedAt: number;
}

export interface BundleRun {
  /** Folder below actions/. */
  action: string;
  inputs: Record<string, string>;
  environment?: Record<string, string>;
  /** Files of the workspace, `.github/ops.yml` among them. */
  files?: Record<string, string>;
  /** Called once it runs, with what it printed so far. */
  meanwhile?: (child: ChildProcess, log: () => string) => void;
}

const folders: string[] = [];

/** Removes what all runs left behind. */
export async function removeWorkspaces(): Promise<void> {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

/** Runs a committed bundle as the runner does. */
export async function runBundle(run: BundleRun): Promise<Ending> {
  const folder = await mkdtemp(join(tmpdir(), `${run.action}-`));
  folders.push(folder);
  const workspace = join(folder, 'workspace');
  for (const [path, text] of Object.entries({ ...run.files, '.keep': '' })) {
    await mkdir(join(workspace, path, '..'), { recursive: true });
    await writeFile(join(workspace, path), text);
  }
  const [output, summary] = [join(folder, 'output'), join(folder, 'summary')];
  await Promise.all([writeFile(output, ''), writeFile(summary, '')]);
  const bundle = join(import.meta.dirname, '../../../../actions', run.action, 'dist/index.js');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [bundle], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_WORKSPACE: workspace,
      GITHUB_SHA: '0'.repeat(40),
      GITHUB_RUN_ID: '77',
      RUNNER_TEMP: folder,
      ...run.environment,
      ...Object.fromEntries(Object.entries(run.inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += String(data)));
  run.meanwhile?.(child, () => log);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const endedAt = Date.now() / 1000;
  const outputs = readOutputs(await readFile(output, 'utf8'));
  return {
    code,
    log,
    outputs,
    result: JSON.parse(outputs.result ?? '{}') as Record<string, unknown>,
    summary: await readFile(summary, 'utf8'),
    read: (path) => readFile(join(workspace, path), 'utf8'),
    endedAt,
    durationMs: performance.now() - startedAt,
  };
}

function readOutputs(text: string): Record<string, string> {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\n(.*?)\n\2$|^([\w-]+)=(.*)$/gms);
  return Object.fromEntries([...found].map(([, name, , value, plain, rest]) => [name ?? plain, value ?? rest]));
}
