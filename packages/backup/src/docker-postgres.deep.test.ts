import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { docker } from './docker-command.ts';
import { listDockerPostgres } from './docker-postgres.ts';
import type { PostgresBinaries } from './find-postgres.ts';
import { startCluster } from './scratch-cluster.ts';
import { sweepScratchFolders } from './scratch-folder.ts';
import { supabaseShaped } from './supabase-shaped.fixture.ts';
import { createDatabase } from './test-database.ts';

const of = (list: PostgresBinaries[], name: string) => list.find(({ image }) => image?.reference.includes(name));
const official = of(await listDockerPostgres({}), 'postgres');
const supabase = of(await listDockerPostgres({ platform: 'supabase' }), 'supabase/postgres');
// Where ci.yml has fetched the images, a test that finds none has failed.
const promised = process.env.OPS_ACTIONS_TEST_DOCKER !== undefined;
const skip = (found: PostgresBinaries | undefined, name: string) =>
  found !== undefined || promised
    ? false
    : `Docker has no image ${name} that came from its publisher (ci.yml fetches it)`;

/** A backup of a database on a server of these programs, which choose themselves by their version. */
async function prove(binaries: PostgresBinaries, sql: string, user?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'docker-backup-'));
  const source = await startCluster({ binaries, listen: 'tcp' });
  try {
    const url = new URL(await createDatabase(source, sql));
    if (user !== undefined) {
      const admin = await connect(url.href, { applicationName: 'test' });
      await admin.query(`ALTER ROLE ${user} PASSWORD '${url.password}'`).finally(() => admin.close());
      url.username = user;
    }
    const { recipient } = await createOneTimeKey();
    const { manifest } = await createBackup({
      ...{ url: url.href, name: 'b', destinations: [directoryDestination(folder)], recipients: [recipient] },
      ...{ clock: systemClock },
    });
    const { verification } = manifest;
    assert.equal(verification.verdict, 'verified', JSON.stringify(verification));
    assert.equal(verification.separateUser, true);
    const { reference, digest } = binaries.image ?? assert.fail();
    assert.deepEqual(manifest.programs, { version: binaries.version, image: { reference, digest } });
    return manifest;
  } finally {
    await source.stop();
    await rm(folder, { recursive: true });
  }
}

test('a backup is made and proven with Docker alone: the roles of grants and policies are made first', {
  skip: skip(official, 'postgres'),
}, async () => {
  const { rows } = await prove(
    official ?? assert.fail('no official image'),
    `CREATE ROLE reader; CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 100);
     GRANT SELECT ON a TO reader; ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON a TO reader USING (id > 0)`,
  );
  assert.equal(rows, 100);
  assert.doesNotMatch(await runningContainers(), /ops-actions-scratch/);
});

test('Supabase’s own image: its initdb and server start as ours, and a project with its roles and pgvector is proven in it', {
  skip: skip(supabase, 'supabase/postgres'),
}, async () => {
  const binaries = supabase ?? assert.fail('no image of Supabase');
  assert.ok(binaries.extensions?.includes('vector'), 'the extensions of the image were not found');
  const vectors = `CREATE EXTENSION vector SCHEMA extensions;
    CREATE TABLE public.documents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, embedding extensions.vector(3));
    INSERT INTO public.documents (embedding) SELECT format('[%s,0,0.5]', g)::extensions.vector FROM generate_series(1, 100) AS g;
    ALTER TABLE public.documents OWNER TO project;`;
  const { tables } = await prove(binaries, supabaseShaped(vectors), 'project');
  assert.equal(tables.find(({ name }) => name === 'public.documents')?.rows, 100);
});

test('a container whose owner was killed ends and is swept', { skip: skip(official, 'postgres') }, async () => {
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = `const { startCluster } = await import(${module('./scratch-cluster.ts')});
    const { listDockerPostgres } = await import(${module('./docker-postgres.ts')});
    const cluster = await startCluster({ binaries: (await listDockerPostgres({}))[0] });
    process.stdout.write(cluster.socketDirectory + '\\n');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text).trim())),
  );
  assert.ok((await runningContainers()).includes(basename(folder)), 'its server runs in no container');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  await sweepScratchFolders(dirname(folder));
  assert.ok(!(await runningContainers()).includes(basename(folder)));
  await assert.rejects(access(folder));
});

async function runningContainers(): Promise<string> {
  return (await docker(['ps', '--format', '{{.Names}}'], 20_000)) ?? assert.fail('docker does not answer');
}
