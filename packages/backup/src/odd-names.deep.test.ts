import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);
describe('names of every shape', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let recipient: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'odd-names-'));
    ({ recipient } = await createOneTimeKey());
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  test('names with quotes, spaces, unicode and 63 bytes', async () => {
    const long = `${'é'.repeat(31)}x`;
    const names = ['it\'s "so"', ' spaces  inside ', 'naïve 表 🐘', long, 'select', 'a.b', '--;', '$1', '%I', '\\'];
    const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
    const sql = quoted.map(
      (
        name,
      ) => `CREATE SCHEMA ${name}; CREATE ROLE ${name}; CREATE TABLE ${name}.${name} (${name} serial PRIMARY KEY, v text);
        INSERT INTO ${name}.${name} (v) VALUES ('x'), ('y'); GRANT SELECT ON ${name}.${name} TO ${name};
        CREATE VIEW ${name}."of ""it" AS SELECT * FROM ${name}.${name}; CREATE TYPE ${name}."Kind" AS ENUM ('a ''b''');
        CREATE FUNCTION ${name}."do it"("an arg" ${name}."Kind") RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE POLICY ${name} ON ${name}.${name} TO ${name} USING (${name} > 0); ALTER TABLE ${name}.${name} OWNER TO ${name};`,
    );
    const url = await createDatabase(cluster, sql.join('\n'));
    const { manifest } = await createBackup({
      url,
      name: 'odd-names',
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      clock: systemClock,
    });
    assert.equal(manifest.verification.verdict, 'verified', JSON.stringify(manifest.verification));
    assert.equal(manifest.tables.length, names.length);
  });
});
