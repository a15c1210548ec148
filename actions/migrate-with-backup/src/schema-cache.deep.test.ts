import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { functionsOfFiles } from '#postgres/api-functions';
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

  test('a function is proven by any key and never runs; another one, or an answer of a gateway, is no proof', async () => {
    await connection.query('CREATE TABLE runs (at timestamptz)');
    const text = `CREATE FUNCTION greet(name text, mood text DEFAULT 'fine') RETURNS text LANGUAGE sql AS 'INSERT INTO runs VALUES (now()); SELECT name';
      CREATE OR REPLACE FUNCTION public.nobody() RETURNS void LANGUAGE sql AS 'INSERT INTO runs VALUES (now())';
      CREATE FUNCTION pages("limit" int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION unnamed(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE PROCEDURE proceeds() LANGUAGE sql AS 'SELECT 1';`;
    api.setDeaf(true);
    await connection.query(`${text} ${reloadSchema}`);
    const files = [{ file: '1_f.sql', version: '1', name: 'f', sql: text }];
    const made = await functionsOfFiles(connection, files);
    assert.deepEqual(
      made.map(({ name, parameters }) => [name, parameters]),
      [
        ['greet', ['name', 'mood']],
        ['nobody', []],
        ['pages', ['limit']],
      ],
    );
    const routines = made.map(({ schema, name, parameters }) => ({ schema, routine: name, parameters }));
    const look = (more: Partial<(typeof routines)[number]> = {}) =>
      openDataApi({ url: api.url, key: api.publishableKey }).look(routines.map((one) => ({ ...one, ...more })));
    assert.deepEqual(await look(), ['unknown', 'unknown', 'unsaid'], 'the cache has not been read');
    const proof = await prove(routines, api.publishableKey, async () => {
      api.setDeaf(false);
      return await connection.query(reloadSchema);
    });
    assert.ok(proof.outcome === 'fresh', JSON.stringify(proof));
    assert.deepEqual([proof.known, proof.unproven], [2, ['pages(limit)']]);
    assert.deepEqual(await look({ parameters: ['name', 'another'] }), ['unknown', 'unknown', 'unknown']);
    assert.deepEqual(await look({ schema: 'app' }), ['hidden', 'hidden', 'unsaid']);
    api.setGateway(true);
    assert.deepEqual(await look(), ['unsaid', 'unsaid', 'unsaid']);
    api.setGateway(false);
    const told = await prove(routines, api.publishableKey);
    assert.deepEqual(told.outcome, 'fresh');
    assert.deepEqual([api.calls(), await connection.query('SELECT * FROM runs')], [0, []], 'nothing ran');
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
