import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { main } from './main.ts';

test('extensions that nobody can see are not called there: a warning', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'setup-postgres-'));
  const path = process.env.PATH;
  t.after(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true, force: true });
  });
  // Programs of a major version that no machine has, without pg_config beside them.
  for (const program of ['pg_dump', 'pg_restore', 'initdb', 'postgres'])
    await writeFile(join(folder, program), `#!/bin/sh\necho '${program} (PostgreSQL) 98.1'\n`, { mode: 0o755 });
  process.env.PATH = folder;
  const setUp = (extensions: string) => {
    const environment = {
      INPUT_MAJOR: '98',
      INPUT_INSTALL: 'false',
      INPUT_EXTENSIONS: extensions,
      RUNNER_TEMP: folder,
    };
    return main(createRunner({ environment, write: () => {} }));
  };
  const asked = await setUp('vector\npostgis');
  assert.deepEqual([asked.decision, asked.reasonCode, asked.warning], ['ready', 'found', true]);
  assert.match(asked.summary, /PostgreSQL 98\.1 .*whether it has vector, postgis cannot be seen here/);
  const plain = await setUp('');
  assert.deepEqual([plain.decision, plain.warning], ['ready', false]);
});
