import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { listPostgres } from './find-postgres.ts';
import { missingExtensions } from './missing-extensions.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { supabaseShaped } from './supabase-shaped.fixture.ts';
import { createDatabase } from './test-database.ts';

const installed = (await listPostgres()).find((found) => found.server);
const folder = installed === undefined ? '' : await extensionFolder(installed.directory);
const control = join(folder, 'vector.control');
const present = await readFile(control, 'utf8').catch(() => undefined);
const skip =
  installed === undefined
    ? 'no PostgreSQL server programs on this machine'
    : present === undefined
      ? `no pgvector for PostgreSQL ${installed.major} on this machine (.ci/install-tools builds it as root)`
      : false;

async function extensionFolder(directory: string): Promise<string> {
  const shown = await runTool({
    command: join(directory, 'pg_config'),
    args: ['--sharedir'],
    deadlineMs: 10_000,
  }).catch(() => undefined);
  return join(shown?.stdout.trim() ?? '', 'extension');
}

/** An extension that PostgreSQL's own sources do not hold, in a column, an index and a function. */
const embeddings = `
  CREATE EXTENSION vector SCHEMA extensions;
  CREATE TABLE public.documents (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text, embedding extensions.vector(3));
  INSERT INTO public.documents (body, embedding) SELECT 'canary ' || g, format('[%s,%s,0.5]', g, g / 3.0)::extensions.vector FROM generate_series(1, 100) AS g;
  CREATE INDEX ON public.documents USING hnsw (embedding extensions.vector_cosine_ops);
  CREATE FUNCTION public.match(query extensions.vector(3)) RETURNS SETOF public.documents LANGUAGE sql STABLE AS
    $$ SELECT * FROM public.documents ORDER BY embedding OPERATOR(extensions.<=>) query LIMIT 5 $$;
  ALTER TABLE public.documents OWNER TO project; ALTER TABLE public.documents ENABLE ROW LEVEL SECURITY;
  CREATE POLICY "Documents of members" ON public.documents FOR SELECT TO authenticated USING (true);`;

describe('a Supabase-shaped database with pgvector', { skip }, () => {
  let cluster: Cluster;
  let stored: string;
  let url: string;
  let recipient: string;
  before(async () => {
    cluster = await startCluster();
    stored = await mkdtemp(join(tmpdir(), 'supabase-shaped-'));
    ({ recipient } = await createOneTimeKey());
    const own = new URL(await createDatabase(cluster, supabaseShaped(embeddings)));
    // As the project's own role, which is neither superuser nor the platform's.
    own.username = 'project';
    url = own.href;
  });
  after(async () => {
    await cluster?.stop();
    if (stored !== undefined) await rm(stored, { recursive: true, force: true });
  });
  const backup = (name: string) =>
    createBackup({
      url,
      name,
      destinations: [directoryDestination(stored)],
      recipients: [recipient],
      clock: systemClock,
    });

  test('is backed up and proven as the role of the project: owners, rows, policies, rights and vectors', async () => {
    const { manifest } = await backup('project');
    const { verification } = manifest;
    assert.equal(verification.verdict, 'verified', JSON.stringify(verification));
    const rows = Object.fromEntries(manifest.tables.map((table) => [table.name, table.rows]));
    assert.deepEqual(
      [rows['auth.users'], rows['storage.objects'], rows['public.profiles'], rows['public.documents']],
      [50, 1, 50, 100],
    );
    assert.equal(rows['supabase_migrations.schema_migrations'], 1);
    // What the platform keeps from the project is in no backup of it, and said.
    assert.deepEqual(manifest.notInBackup, ['realtime.messages', 'realtime.messages_1', 'vault.secrets']);
    assert.deepEqual(verification.leftOut, ['EVENT TRIGGER pgrst_ddl_watch', 'PUBLICATION supabase_realtime']);
    assert.doesNotMatch(JSON.stringify(manifest), /canary/);
  });

  test('a scratch server without pgvector: named beforehand and by the verdict, with the line that installs it', async (context) => {
    const away = `${control}.away`;
    const moved = await rename(control, away).then(
      () => true,
      () => false,
    );
    if (!moved) return context.skip('the extension folder is not writable');
    try {
      const line = `sudo apt-get install -y postgresql-${cluster.major}-pgvector`;
      const connection = await connect(url, { applicationName: 'test' });
      const missing = await missingExtensions(connection, cluster.binaries).finally(() => connection.close());
      assert.deepEqual(
        missing.map((one) => [one.reasonCode, one.installLine]),
        [['extension_missing', line]],
      );
      const { verification } = (await backup('without')).manifest;
      assert.deepEqual([verification.verdict, verification.reasonCode], ['could-not-verify', 'extension_missing']);
      assert.match(verification.message, /extension vector \(.*embedding.*install the package/);
      assert.ok(verification.message.includes(line), verification.message);
    } finally {
      await rename(away, control);
    }
    const connection = await connect(url, { applicationName: 'test' });
    assert.deepEqual(await missingExtensions(connection, cluster.binaries).finally(() => connection.close()), []);
  });
});
