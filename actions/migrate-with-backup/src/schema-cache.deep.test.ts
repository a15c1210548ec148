import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { reloadSchema } from '#postgres/apply-migrations';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { type SandboxDataApi, startDataApi } from '#sandbox/supabase/start-data-api';
import { type ApiObject, openDataApi } from '#supabase/data-api';
import { proveSchemaCache } from '#supabase/prove-schema-cache';

const installed = (await listPostgres()).some((found) => found.server);
const table: ApiObject = { schema: 'public', relation: 'notes' };
const column: ApiObject = { ...table, column: 'mood' };

describe('the Data API is asked whether it knows the new schema', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, () => {
  let cluster: Cluster;
  let api: SandboxDataApi;
  let connection: DatabaseConnection;
  before(async () => {
    cluster = await startCluster();
    api = await startDataApi(cluster.url);
    connection = await connect(cluster.url, { applicationName: 'test' });
  });
  after(async () => {
    await connection?.close();
    await api?.close();
    await cluster?.stop();
  });
  const prove = (objects: readonly ApiObject[], key: string, reload = () => connection.query(reloadSchema)) =>
    proveSchemaCache(openDataApi({ url: api.url, key }), objects, { reload });

  test('a notice that was lost is sent again, and a secret key proves columns too', async () => {
    api.setDeaf(true);
    await connection.query(`CREATE TABLE notes (id int, mood text); ${reloadSchema}`);
    assert.deepEqual(await openDataApi({ url: api.url, key: api.secretKey }).look([table, column]), [
      'unknown',
      'unknown',
    ]);
    const proof = await prove([table, column], api.secretKey, async () => {
      api.setDeaf(false);
      return await connection.query(reloadSchema);
    });
    assert.deepEqual([proof.outcome, 'known' in proof && proof.known], ['fresh', 2], JSON.stringify(proof));
  });

  test('a column that the cache has not read yet is found by its name', async () => {
    api.setDeaf(true);
    await connection.query(`ALTER TABLE notes ADD COLUMN late text; ${reloadSchema}`);
    const late = { ...table, column: 'late' };
    assert.deepEqual(await openDataApi({ url: api.url, key: api.secretKey }).look([table, late]), ['known', 'unknown']);
    api.setDeaf(false);
  });

  test('a publishable key proves tables and says that it is not told of columns', async () => {
    const proof = await prove([table, column], api.publishableKey);
    assert.deepEqual(
      [proof.outcome, 'unproven' in proof && proof.unproven],
      ['fresh', ['notes.mood']],
      JSON.stringify(proof),
    );
  });

  test('a schema that the API does not show needs no proof; a key that is refused proves nothing', async () => {
    assert.deepEqual(await openDataApi({ url: api.url, key: api.secretKey }).look([{ ...table, schema: 'app' }]), [
      'hidden',
    ]);
    const proof = await prove([table], 'sb_secret_of_another_project');
    assert.deepEqual(
      [proof.outcome, 'reasonCode' in proof && proof.reasonCode],
      ['could-not-ask', 'data_api_key_rejected'],
    );
    assert.doesNotMatch(JSON.stringify(proof), /another_project/);
  });
});
