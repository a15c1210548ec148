import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { startFaultProxy } from '#postgres/fault-proxy';
import { migrateOptions, migrationPorts } from '../test/fixture.ts';
import { startScratch } from './backup-step.ts';
import { type MigrationPorts, migrate } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';
import { renderMigration } from './render-migration.ts';

// S28: what was committed, or may have been, is told whatever becomes of the connection.

const installed = (await listPostgres()).some((found) => found.server);
const makes = "create function late() returns int language sql as 'select 1'";
/** It commits by itself, so that the look at what it made is a message of its own. */
const makesInPieces = `${makes}; create table slow (id int); create index concurrently slowly on slow (id)`;

async function createFolder(sql: string, down: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lost-connection-'));
  await writeFile(join(folder, '1_late.sql'), sql);
  await writeFile(join(folder, '1_late.down.sql'), down);
  return folder;
}

describe('a connection that is lost', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let piecesFolder: string;
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await createFolder(makes, 'drop function late();');
    piecesFolder = await createFolder(makesInPieces, 'drop table slow; drop function late();');
  });
  after(async () => {
    await cluster?.stop();
    for (const one of [folder, piecesFolder]) if (one !== undefined) await rm(one, { recursive: true, force: true });
  });

  /** A run over a path that ends behind the first message that carries `at`: for good, or with all that is open then. */
  async function through(at: string, more: Partial<MigrateOptions>, given: Partial<MigrationPorts>, once = false) {
    const direct = await createDatabase(cluster, 'SELECT 1');
    let over = false;
    const proxy = await startFaultProxy(cluster.port, ({ from, bytes }) => {
      if (over) return once ? undefined : 'cut';
      over = from === 'client' && bytes.includes(at);
      return over ? { after: 'cut' } : undefined;
    });
    const url = new URL(direct);
    url.port = `${proxy.port}`;
    const options = migrateOptions({ url: url.href, directory: folder, ...more });
    try {
      return { direct, result: renderMigration(await migrate(options, migrationPorts(given)), options) };
    } finally {
      proxy.close();
    }
  }
  const has = async (url: string) => (await query(url, `SELECT 1 FROM pg_proc WHERE proname = 'late'`)).length === 1;

  test('in COMMIT is an outcome that nobody knows, also where the Data API would be asked next', async () => {
    const { direct, result } = await through(makes, {}, { proveSchemaCache: () => assert.fail('nothing to prove') });
    assert.deepEqual([result.decision, result.reasonCode], ['failed', 'outcome_unknown'], result.summary);
    assert.match(result.summary, /^1_late\.sql: the connection was lost .*whether 1_late\.sql is applied is not known/);
    assert.ok(await has(direct), 'the server had the COMMIT');
  });

  test('while the Data API is asked leaves the files applied, and says so', async () => {
    const asking: MigrationPorts['proveSchemaCache'] = async (_objects, reload) => {
      await reload();
      return { outcome: 'fresh', known: 1, unproven: [], seconds: 0 };
    };
    for (const at of ['generate_series(1, coalesce', 'pg_notification_queue_usage']) {
      const { direct, result } = await through(at, {}, { proveSchemaCache: asking });
      assert.deepEqual([result.decision, result.reasonCode], ['failed', 'schema_cache_unproven'], result.summary);
      assert.match(result.summary, /^1_late\.sql applied .*nobody knows whether the Data API has read the new schema/);
      assert.deepEqual(result.outputs?.applied, '["1_late.sql"]');
      assert.ok(await has(direct));
    }
  });

  test('while the look travels with the file is an outcome that nobody knows, until the history is read', async () => {
    const lost = await through('RESET search_path', {}, {});
    assert.deepEqual(
      [lost.result.decision, lost.result.reasonCode],
      ['failed', 'outcome_unknown'],
      lost.result.summary,
    );
    assert.ok(await has(lost.direct), 'the server had the COMMIT');
    const again = await through('RESET search_path', {}, {}, true);
    assert.equal(again.result.decision, 'applied', again.result.summary);
  });

  test('behind the last COMMIT leaves the files applied, with an end of its own where nobody can look any more', async () => {
    const at = 'RESET search_path';
    const lost = await through(at, { directory: piecesFolder }, {});
    assert.deepEqual(
      [lost.result.decision, lost.result.reasonCode],
      ['failed', 'objects_not_read'],
      lost.result.summary,
    );
    assert.match(
      lost.result.summary,
      /^1_late\.sql applied without a backup, and the verification did not pass: nobody could look whether the database has what they make/,
    );
    assert.deepEqual([lost.result.outputs?.applied, await has(lost.direct)], ['["1_late.sql"]', true]);
    // Without the lock nothing is taken back, whatever on-failure says.
    const { signal } = new AbortController();
    const scratch = (major: number | undefined) => startScratch(major, undefined, signal);
    const kept = await through(at, { directory: piecesFolder, onFailure: 'rollback-sql' }, { scratch });
    assert.deepEqual([kept.result.reasonCode, await has(kept.direct)], ['objects_not_read', true], kept.result.summary);
    const again = await through(at, { directory: piecesFolder }, {}, true);
    assert.equal(again.result.decision, 'applied', again.result.summary);
  });
});
