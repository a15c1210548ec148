import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from './connection.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { openMigrationSession } from './migration-session.ts';
import { startPooler } from './pooler-stand-in.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('a pooler between us and the server', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  async function through<T>(choose: (transaction: number) => 0 | 1, body: (url: string) => Promise<T>): Promise<T> {
    const { host, port, user, database } = parseDatabaseUrl(cluster.url);
    const pooler = await startPooler(`${host}/.s.PGSQL.${port}`, choose);
    try {
      return await body(`postgresql://${user}@127.0.0.1:${pooler.port}/${database}`);
    } finally {
      pooler.close();
    }
  }

  const refusal = {
    name: 'DatabaseUrlError',
    message: /transactions of one session ran in different server processes.* transaction pooler.* session pooler/,
  };

  test('one that gives each transaction another server process is refused by name, whatever its port', async () => {
    await through(
      (transaction) => (transaction % 2 === 0 ? 0 : 1),
      (url) => assert.rejects(connect(url, { applicationName: 'test' }), refusal),
    );
  });

  test('one that changes the server process only later is refused at the lock, of which nothing is left', async () => {
    await through(
      (transaction) => (transaction < 2 ? 0 : 1),
      async (url) => {
        await assert.rejects(openMigrationSession(url), refusal);
        const direct = await connect(cluster.url, { applicationName: 'test' });
        const locks = await direct.query(`SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory'`);
        await direct.close();
        assert.deepEqual(locks, []);
      },
    );
  });

  test('one that keeps the server process is as good as the server', async () => {
    await through(
      () => 1,
      async (url) => {
        const session = await openMigrationSession(url);
        await session.close();
      },
    );
  });
});
