import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect } from '#postgres/connection';
import { copiedRelation } from './copied-relation.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase } from './test-database.ts';

const [newest] = (await listPostgres()).filter((found) => found.server);
const skip =
  newest === undefined
    ? 'no PostgreSQL server programs on this machine'
    : newest.major < 14 && 'the server does not tell before PostgreSQL 14';

describe('the relation that is dumped now', { skip }, () => {
  let cluster: Cluster;
  let folder: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'copied-relation-'));
    // The server may be another user's.
    await chmod(folder, 0o755);
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  test('is seen from within the transaction that holds the snapshot, as one follows the other', async () => {
    const url = await createDatabase(cluster, 'CREATE TABLE "Odd Name" (id int); CREATE TABLE b (id int)');
    const holder = await connect(url, { applicationName: 'ops-actions backup' });
    const dump = await connect(url, { applicationName: 'ops-actions dump 1' });
    try {
      await holder.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path = ''; SELECT 1`);
      const seen: (string | undefined)[] = [await copiedRelation(holder, 'ops-actions dump 1')];
      for (const [number, table] of ['"Odd Name"', 'b'].entries()) {
        const go = join(folder, `go-${number}`);
        const copying = dump.run(`COPY ${table} TO PROGRAM 'while [ ! -e ${go} ]; do sleep 0.05; done'`);
        copying.catch(() => {});
        let name: string | undefined;
        while (name === undefined) name = await copiedRelation(holder, 'ops-actions dump 1');
        seen.push(name, await copiedRelation(holder, 'ops-actions dump 2'));
        await writeFile(go, '');
        await copying;
      }
      assert.deepEqual(seen, [undefined, 'public."Odd Name"', undefined, 'public.b', undefined]);
    } finally {
      await Promise.all([holder.close(), dump.close()]);
    }
  });
});
