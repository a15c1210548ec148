import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { listPostgres } from '#backup/find-postgres';
import { deployFiles } from './deploy-files.ts';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

const examples = join(import.meta.dirname, '../../../examples');
const installed = (await listPostgres()).some((found) => found.server);
const options = installed ? {} : { skip: 'no PostgreSQL server programs on this machine' };

let sandbox: Sandbox;
let app: string;
let database: pg.Client;

before(async () => {
  if (!installed) return;
  sandbox = await startSandbox({ vercel: { readyDelayMs: 4, aliasDelayMs: 4 } });
  app = await mkdtemp(join(tmpdir(), 'notes-app-'));
  await cp(join(examples, 'notes-app'), app, { recursive: true });
  database = new pg.Client(sandbox.description.postgres.url);
  await database.connect();
});
after(async () => {
  if (!installed) return;
  await database.end();
  await sandbox.close();
  await rm(app, { recursive: true });
});

/** Puts the files of a version over what is there, as a commit would, and deploys it. */
async function release(version: string): Promise<string> {
  if (version !== 'v1.0.0') await cp(join(examples, 'notes-app-versions', version), app, { recursive: true });
  const files: Record<string, string> = {};
  for (const entry of await readdir(app, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(app, path)] = await readFile(path, 'utf8');
  }
  const gitMetadata = { commitSha: 'c'.repeat(40), commitRef: 'main' };
  const { url, readyState, errorMessage } = await deployFiles(sandbox, files, { target: 'production', gitMetadata });
  assert.equal(readyState, 'READY', errorMessage);
  return `http://${url}`;
}

const migration = (name: string) => readFile(join(app, 'supabase/migrations', name), 'utf8');

async function write(url: string, count: number): Promise<number> {
  const statuses = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const body = JSON.stringify({ text: `note ${index}` });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${url}/api/notes`, { method: 'POST', headers, body })).status;
    }),
  );
  assert.ok(
    statuses.every((status) => status === 201 || status === 500),
    String(statuses),
  );
  return statuses.filter((status) => status === 500).length;
}

const smoke = (url: string) =>
  new Promise<string>((resolve, reject) => {
    const args = [join(app, 'test/smoke.js'), '--env=production', `--url=${url}`];
    execFile(process.execPath, args, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });

test('v1.0.0 works, says which commit it is, and says when its database is not there', options, async () => {
  const url = await release('v1.0.0');
  assert.equal((await fetch(`${url}/api/health/database`)).status, 503);
  await database.query(await migration('20260105090000_create_notes.sql'));
  assert.deepEqual(await (await fetch(`${url}/api/health`)).json(), {
    status: 'healthy',
    commit: 'c'.repeat(40),
    version: '1.0.0',
  });
  assert.equal((await fetch(`${url}/api/health/database`)).status, 200);
  assert.match(await smoke(url), /ok: it is in the list/);
  assert.equal(await write(url, 80), 0);
  assert.equal((await fetch(`${url}/supabase/migrations/20260105090000_create_notes.sql`)).status, 404);
});

test('v1.1.0 passes its smoke test and fails about one in eight writes', options, async () => {
  const url = await release('v1.1.0');
  assert.match(await smoke(url), /ok: it is in the list/);
  const failed = await write(url, 160);
  assert.ok(failed >= 12 && failed <= 28, `${failed} of 160`);
});

test('v1.2.0 has the migration that a table with rows refuses; v1.2.1 corrects it and works', options, async () => {
  await release('v1.2.0');
  await assert.rejects(database.query(await migration('20260302090000_add_colour.sql')), { code: '23502' });
  const url = await release('v1.2.1');
  await database.query(await migration('20260302090000_add_colour.sql'));
  assert.match(await smoke(url), /ok: it is in the list/);
  assert.equal(await write(url, 80), 0);
  const { notes } = (await (await fetch(`${url}/api/notes`)).json()) as { notes: { colour: string }[] };
  assert.ok(notes.every(({ colour }) => colour.length > 0));
});
