import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunner } from '#action-kit/runner';
import type { Sandbox } from '#sandbox/sandbox-types';
import { main } from '../src/main.ts';

const folders: string[] = [];
let runs = 76;

export async function removeFolders(): Promise<void> {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
}

/** So many looks at the project show this status; those behind them show what it is by then. */
export function showStatus(sandbox: Sandbox, status: string, looks: number): void {
  const { project } = sandbox.description.supabase;
  const body = { id: project, ref: project, name: 'sandbox', status };
  const fault = { status: 200, body };
  sandbox.faults.order({ service: 'supabase', method: 'GET', route: '/v1/projects/:ref', times: looks, fault });
}

/** The action in mode point-in-time against the sandbox, without the waits of its polls. */
export async function runPointInTime(
  sandbox: Sandbox,
  inputs: Record<string, string>,
  signal?: AbortSignal,
  /** How far the clock of the runner is behind. */
  behindMs = 0,
) {
  const { apiUrl, token, project } = sandbox.description.supabase;
  const { github } = sandbox.description;
  const folder = await mkdtemp(join(tmpdir(), 'point-in-time-'));
  folders.push(folder);
  const event = join(folder, 'event.json');
  await writeFile(event, JSON.stringify({ repository: { private: true } }));
  const given: Record<string, string> = {
    mode: 'point-in-time',
    environment: 'production',
    'github-token': github.token,
    'supabase-access-token': token,
    'supabase-project': project,
    ...inputs,
  };
  const lines: string[] = [];
  const runner = createRunner({
    environment: {
      ...{ PATH: process.env.PATH, HOME: folder, RUNNER_TEMP: folder, GITHUB_WORKSPACE: folder },
      ...{ GITHUB_EVENT_PATH: event, GITHUB_REPOSITORY: github.repository, GITHUB_API_URL: github.apiUrl },
      ...{ GITHUB_ACTOR: 'maria', GITHUB_SHA: '0'.repeat(40), GITHUB_RUN_ID: String(++runs), GITHUB_RUN_ATTEMPT: '1' },
      OPS_ACTIONS_SUPABASE_API_URL: apiUrl,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
    ...(signal === undefined ? {} : { signal }),
    clock: {
      now: () => Date.now() - behindMs,
      async sleep(ms, signal) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(ms, 20)));
        signal?.throwIfAborted();
      },
    },
    write: (line) => lines.push(line),
  });
  const result = await main(runner);
  return { result, log: lines.join('\n'), read: (name: string) => readFile(join(folder, name), 'utf8') };
}
