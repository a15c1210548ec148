import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Sandbox } from '../sandbox-types.ts';
import { startSandbox } from '../start-sandbox.ts';

let sandbox: Sandbox;
let folder: string;
const replaced = { ...process.env };

before(async () => {
  sandbox = await startSandbox({ postgres: false });
  folder = await mkdtemp(join(tmpdir(), 'artifact-service-'));
  process.env.ACTIONS_RESULTS_URL = sandbox.artifacts.resultsUrl;
  process.env.ACTIONS_RUNTIME_TOKEN = sandbox.artifacts.runtimeToken;
  process.env.GITHUB_SERVER_URL = 'https://github.com';
  process.env.GITHUB_WORKSPACE = folder;
});

after(async () => {
  process.env = replaced;
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test('@actions/artifact uploads, lists and downloads', async () => {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const file = join(folder, 'dump.age');
  const content = Buffer.alloc(300_000, 'encrypted');
  await writeFile(file, content);

  const uploaded = await client.uploadArtifact('backup', [file], folder, { compressionLevel: 0 });
  const { artifacts } = await client.listArtifacts();
  assert.deepEqual(
    artifacts.map(({ name, id }) => ({ name, id })),
    [{ name: 'backup', id: uploaded.id }],
  );
  const { artifact } = await client.getArtifact('backup');
  assert.equal(artifact.digest, `sha256:${uploaded.digest}`);

  const target = join(folder, 'back');
  const { digestMismatch } = await client.downloadArtifact(artifact.id, {
    path: target,
    expectedHash: artifact.digest ?? '',
  });
  assert.equal(digestMismatch, false);
  assert.deepEqual(await readFile(join(target, 'dump.age')), content);

  await assert.rejects(client.uploadArtifact('backup', [file], folder), /already exists/);
});
