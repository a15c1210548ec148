import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { runTool } from '#child-process/run-tool';

const bundle = join(import.meta.dirname, '../dist/index.js');
const skip = existsSync(bundle) ? false : 'dist is not built: npm run build setup-postgres';
const here = (await listPostgres()).find((found) => found.server);

/** Runs the committed bundle as a runner does. */
async function run(inputs: Record<string, string>, configuration?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'setup-postgres-'));
  try {
    const output = join(folder, 'output');
    if (configuration !== undefined) {
      await mkdir(join(folder, '.github'));
      await writeFile(join(folder, '.github/ops.yml'), configuration);
    }
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

test('an image by a tag alone is refused with the command that prints its digest', { skip }, async () => {
  const { exitCode, stdout } = await run({ image: 'supabase/postgres:17.6.1.063' });
  assert.equal(exitCode, 1);
  assert.match(stdout, /a tag can be moved.*docker pull --quiet supabase\/postgres:17\.6\.1\.063/);
});

test('an extension that no package brings fails before any secret, with the way to an image that has it', {
  skip: skip || (here === undefined ? 'no PostgreSQL server programs on this machine' : false),
}, async () => {
  const inputs = { major: String(here?.major), extensions: 'plpgsql\npg_graphql', install: 'false' };
  const { exitCode, stdout, decision, reason } = await run(inputs);
  assert.deepEqual([exitCode, decision, reason], [1, 'failed', 'extension_missing'], stdout);
  assert.match(stdout, /lacks extensions.*pg_graphql: no package.*database\.scratch-image/);
  assert.doesNotMatch(stdout, /plpgsql: /);
});

test('what the database needs is read from ops.yml, and one that cannot be read stops nothing', {
  skip: skip || (here === undefined ? 'no PostgreSQL server programs on this machine' : false),
}, async () => {
  const inputs = { major: String(here?.major), environment: 'production', install: 'false' };
  const needs = await run(inputs, 'database: { extensions: [pg_graphql] }');
  assert.equal(needs.reason, 'extension_missing', needs.stdout);
  const broken = await run(inputs, 'databse: {}');
  assert.equal(broken.decision, 'ready', broken.stdout);
  assert.match(broken.stdout, /configuration were not read \(unknown key/);
});

test('what is no major version is a mistake of the input', { skip }, async () => {
  const { exitCode, stdout } = await run({ major: 'seventeen' });
  assert.equal(exitCode, 1);
  assert.match(stdout, /major.*seventeen.*a whole number from 10 to 99/);
});
