import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

// The CLI that people use, unchanged, against the sandbox. Installed by: npm install --prefix .tools/vercel vercel@60.1.3
const cli = join(import.meta.dirname, '../../../.tools/vercel/node_modules/vercel/dist/vc.js');
const skip = existsSync(cli)
  ? false
  : 'the Vercel CLI is not in .tools (npm install --prefix .tools/vercel vercel@60.1.3)';

let sandbox: Sandbox;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vercel-cli-'));
  await mkdir(join(folder, 'app', 'public'), { recursive: true });
  await mkdir(join(folder, 'home'));
  sandbox = await startSandbox({
    postgres: false,
    vercel: { readyDelayMs: 20, aliasDelayMs: 20, stagedAliasAssigned: true },
  });
  sandbox.vercel.setEnvironment(sandbox.vercel.project, { GREETING: 'hello' });
});
after(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

function vercel(...words: string[]): Promise<{ code: number; output: string }> {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const args = [cli, ...words, '--api', apiUrl, '--token', token, '--scope', sandbox.vercel.teamSlug];
  const env = {
    PATH: process.env.PATH,
    HOME: join(folder, 'home'),
    CI: '1',
    VERCEL_TELEMETRY_DISABLED: '1',
    VERCEL_ORG_ID: teamId,
    VERCEL_PROJECT_ID: projectId,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: join(folder, 'app'), env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? 1 : 0, output: `${stdout}\n${stderr}` });
    });
  });
}

async function deploy(text: string, ...words: string[]): Promise<string> {
  await writeFile(join(folder, 'app', 'public', 'index.html'), text);
  await writeFile(join(folder, 'app', 'vercel.json'), '{}');
  const { code, output } = await vercel('deploy', '--prod', '--yes', ...words);
  assert.equal(code, 0, output);
  return /https:\/\/(127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? '';
}

const serving = async () => (await fetch(sandbox.description.vercel.domains[0] ?? '')).text();

test('the Vercel CLI deploys, stages, promotes, rolls back and lists', { skip, timeout: 300_000 }, async () => {
  const first = await deploy('one');
  assert.equal(await serving(), 'one');
  const second = await deploy('two', '--skip-domain');
  assert.equal(await serving(), 'one');
  assert.equal(await (await fetch(`http://${second}`)).text(), 'two');

  const promoted = await vercel('promote', `https://${second}`, '--yes');
  assert.match(promoted.output, /was promoted to/);
  assert.equal(await serving(), 'two');

  const back = await vercel('rollback', `https://${first}`, '--yes');
  assert.match(back.output, /was rolled back to/);
  assert.equal(await serving(), 'one');
  assert.equal(sandbox.vercel.project.autoAssignCustomDomains, false);
  assert.match((await vercel('rollback', 'status')).output, /was rolled back to/);

  const list = await vercel('ls');
  assert.ok(list.output.includes(first) && list.output.includes(second), list.output);
  assert.match((await vercel('env', 'ls')).output, /GREETING/);
});
