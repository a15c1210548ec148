import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import type { SandboxDescription } from '#sandbox/sandbox-types';
import { isGone } from '../../child-process/test/is-gone.ts';

const program = `
  import { Command } from 'commander';
  import { registerSandbox } from '#cli/sandbox-command';
  const program = new Command();
  registerSandbox(program);
  await program.parseAsync(process.argv.slice(1), { from: 'user' });
`;
const installed = (await listPostgres()).some((found) => found.server);
const options = installed ? {} : { skip: 'no PostgreSQL server programs on this machine' };

/** Starts the command as a process of its own and reads its first line. */
async function start(...words: string[]) {
  const args = ['--input-type=module', '--eval', program, 'sandbox', ...words];
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const first = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      resolve(line);
    });
    void ended.then((code) => reject(new Error(`ended with ${code}: ${errors}`)));
  });
  return { child, lines, ended, description: JSON.parse(await first) as SandboxDescription };
}

/** Processes that descend from another, as the system tells it. */
async function descendants(pid: number): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(
    names.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
      return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) };
    }),
  );
  const children = parents.filter(({ parent }) => parent === pid).map((one) => one.pid);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

async function foldersOf(child: ChildProcess): Promise<string[]> {
  const parents = await Promise.all(
    [tmpdir(), '/dev/shm'].map(async (parent) =>
      (await readdir(parent).catch(() => [])).map((name) => join(parent, name)),
    ),
  );
  return parents.flat().filter((path) => path.includes(`ops-actions-scratch-${child.pid}-`));
}

/** Gives a deployment with a function, so that there is a function process to leak. */
async function deploy({ vercel }: SandboxDescription): Promise<void> {
  const headers = { authorization: `Bearer ${vercel.token}`, 'content-type': 'application/json' };
  const files = [{ file: 'api/one.mjs', data: 'export const GET = () => new Response(process.env.DATABASE_URL);' }];
  const body = JSON.stringify({ name: 'notes-app', project: vercel.projectId, target: 'production', files });
  await fetch(`${vercel.apiUrl}/v13/deployments?teamId=${vercel.teamId}`, { method: 'POST', headers, body });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} nothing that the sandbox started lives on`, {
    ...options,
    timeout: 120_000,
  }, async (context) => {
    if (process.platform !== 'linux') return context.skip('reads /proc');
    const { child, lines, ended, description } = await start();
    await deploy(description);
    const [domain = ''] = description.vercel.domains;
    for (;;) {
      const answer = await fetch(`${domain}/api/one`);
      const text = await answer.text();
      if (answer.status !== 200) continue;
      assert.equal(text, description.postgres.url);
      break;
    }
    const database = new pg.Client(description.postgres.url);
    database.on('error', () => {});
    await database.connect();
    await database.query('SELECT 1');
    const processes = await descendants(child.pid ?? 0);
    assert.ok(processes.length >= 2, 'PostgreSQL and one function process');
    assert.equal((await foldersOf(child)).length, 2);

    child.kill(signal);
    const code = await ended;
    await database.end().catch(() => {});
    assert.equal(lines.length, 1, 'one line and nothing else');
    for (const pid of processes) assert.ok(await isGone(pid), `process ${pid} lives on`);
    if (signal === 'SIGKILL') return;
    assert.equal(code, 0);
    assert.deepEqual(await foldersOf(child), []);
  });
}

test('a killed sandbox leaves folders that the next one removes', { ...options, timeout: 120_000 }, async () => {
  const killed = await start();
  killed.child.kill('SIGKILL');
  await killed.ended;
  const next = await start();
  assert.deepEqual(await foldersOf(killed.child), []);
  next.child.kill('SIGTERM');
  assert.equal(await next.ended, 0);
});

test('the line has what the documentation promises', async () => {
  const { child, ended, description } = await start('--no-postgres', '--repository', 'acme/shop');
  child.kill('SIGTERM');
  await ended;
  assert.deepEqual(
    Object.entries(description).map(([name, value]) => [name, Object.keys(value)]),
    [
      ['vercel', ['apiUrl', 'token', 'teamId', 'projectId', 'projectName', 'domains']],
      ['postgres', ['url']],
      ['slack', ['apiUrl', 'token', 'channelId', 'webhookUrl']],
      ['github', ['apiUrl', 'token', 'repository']],
      ['artifacts', ['resultsUrl', 'runtimeToken']],
      ['control', ['url']],
      ['supabase', ['apiUrl', 'token', 'project', 'anonKey']],
      ['sentry', ['url', 'token', 'organization', 'project']],
      ['datadog', ['apiUrl', 'apiKey', 'appKey', 'monitor']],
      ['prometheus', ['url', 'token']],
      ['grafana', ['url', 'token', 'datasource']],
      ['newRelic', ['apiUrl', 'apiKey', 'account', 'app']],
      ['stripe', ['apiUrl', 'apiKey']],
      ['app', ['url', 'token']],
    ],
  );
  assert.equal(description.github.repository, 'acme/shop');
  assert.equal(description.vercel.projectName, 'shop');
});
