import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { runTool } from '#child-process/run-tool';

const bundle = join(import.meta.dirname, '../dist/index.js');
const skip = existsSync(bundle) ? false : 'dist is not built: npm run build setup-postgres';
const here = (await listPostgres()).find((found) => found.server);

/** Runs the committed bundle as a runner does. */
async function run(inputs: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'setup-postgres-'));
  try {
    const output = join(folder, 'output');
    const { exitCode, stdout } = await runTool({
      command: process.execPath,
      args: [bundle],
      environment: {
        GITHUB_WORKSPACE: folder,
        GITHUB_OUTPUT: output,
        RUNNER_TEMP: folder,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      deadlineMs: 60_000,
    });
    const written = await readFile(output, 'utf8');
    const value = (name: string) => new RegExp(`^${name}<<(\\S+)\\n([\\s\\S]*?)\\n?\\1$`, 'm').exec(written)?.[2] ?? '';
    return { exitCode, stdout, decision: value('decision'), reason: value('reason-code'), version: value('version') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('without a major nothing is looked for', { skip }, async () => {
  const { exitCode, decision, reason } = await run({});
  assert.deepEqual({ exitCode, decision, reason }, { exitCode: 0, decision: 'not-needed', reason: 'no_major' });
});

test('a major that is there is found and nothing is installed', {
  skip: skip || (here === undefined ? 'no PostgreSQL server programs on this machine' : false),
}, async () => {
  const { exitCode, stdout, ...said } = await run({ major: String(here?.major) });
  assert.deepEqual(said, { decision: 'ready', reason: 'found', version: here?.version }, stdout);
  assert.equal(exitCode, 0);
  assert.doesNotMatch(stdout, /install -y/);
});

test('a major that is nowhere fails with the line that installs it, and with install: false nothing is tried', {
  skip,
}, async () => {
  const { exitCode, stdout, decision, reason } = await run({ major: '99', install: 'false' });
  assert.deepEqual([exitCode, decision, reason], [1, 'failed', 'postgres_tools_missing']);
  assert.match(stdout, /PostgreSQL 99 server programs are not on this machine.*Install it with: /);
});

test('what is no major version is a mistake of the input', { skip }, async () => {
  const { exitCode, stdout } = await run({ major: 'seventeen' });
  assert.equal(exitCode, 1);
  assert.match(stdout, /major.*seventeen.*a whole number from 10 to 99/);
});
