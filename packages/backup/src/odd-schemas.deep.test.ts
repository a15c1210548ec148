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
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

/** What a restore brings back with the same meaning and in another form: no reason to call the backup wrong. */
const schemas: [name: string, sql: string][] = [
  [
    'a column that a parent got after its child',
    `CREATE TABLE p (id int); CREATE TABLE c (own text) INHERITS (p); ALTER TABLE p ADD later text;
     INSERT INTO c SELECT g, 'own' || g, 'later' || g FROM generate_series(1, 50) AS g`,
  ],
  [
    'a child with the columns in another order',
    `CREATE TABLE p (id int, v text); CREATE TABLE c (v text, own int, id int); ALTER TABLE c INHERIT p;
     INSERT INTO c SELECT 'x' || g, g * 2, g FROM generate_series(1, 50) AS g`,
  ],
  [
    'a child that lost the first of two parents',
    'CREATE TABLE a (id int); CREATE TABLE b (id int, w int); CREATE TABLE c () INHERITS (a, b); ALTER TABLE c NO INHERIT a; INSERT INTO c VALUES (1, 2)',
  ],
  [
    'a foreign key to parts that were made in no order',
    `CREATE TABLE m (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at); CREATE TABLE m_rest PARTITION OF m DEFAULT;
     CREATE TABLE r (id int, mid int, at date, FOREIGN KEY (mid, at) REFERENCES m);
     CREATE TABLE m_2026 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     CREATE TABLE m_2024 PARTITION OF m FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
     INSERT INTO m SELECT g, date '2024-06-01' + g * 30 FROM generate_series(1, 30) AS g; INSERT INTO r SELECT id, id, at FROM m`,
  ],
  [
    'a part that brought its own name of a foreign key',
    `CREATE TABLE u (id int PRIMARY KEY); CREATE TABLE m (u int REFERENCES u, at date) PARTITION BY RANGE (at);
     CREATE TABLE m1 (u int CONSTRAINT own_name REFERENCES u, at date);
     ALTER TABLE m ATTACH PARTITION m1 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); INSERT INTO u VALUES (1); INSERT INTO m VALUES (1, '2026-02-02')`,
  ],
  [
    'options of something foreign that are not sorted',
    `CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'h.invalid', dbname 'd');
     CREATE FOREIGN TABLE f (a int OPTIONS (column_name 'b')) SERVER s OPTIONS (table_name 't', schema_name 'public')`,
  ],
  [
    'rights that somebody else than the owner passed on',
    `CREATE ROLE owning; CREATE ROLE middle; CREATE ROLE low; CREATE TABLE t (id int); ALTER TABLE t OWNER TO owning;
     GRANT ALL ON t TO middle WITH GRANT OPTION; SET ROLE middle; GRANT SELECT ON t TO low; RESET ROLE`,
  ],
];

describe('schemas of every shape', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let folder: string;
  let recipient: string;
  let counter = 0;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'odd-schemas-'));
    ({ recipient } = await createOneTimeKey());
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  async function proof(url: string, verify: 'restore' | 'structure' = 'restore') {
    const { manifest } = await createBackup({
      url,
      name: `odd-${++counter}`,
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      verify,
      clock: systemClock,
    });
    return manifest.verification;
  }
  async function otherDatabase(name: string, options: string, sql: string): Promise<string> {
    await query(cluster.url, `CREATE DATABASE ${name} TEMPLATE template0 ${options}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    await query(url.href, sql);
    return url.href;
  }
  const assertVerified = ({ verdict, message, differences }: Awaited<ReturnType<typeof proof>>) =>
    assert.deepEqual([verdict, differences], ['verified', []], message);

  for (const [name, sql] of schemas) {
    test(name, async () => assertVerified(await proof(await createDatabase(cluster, sql))));
  }

  test('a materialized view that was filled from a foreign table is restored empty, and said', async () => {
    const url = await createDatabase(
      cluster,
      'CREATE EXTENSION postgres_fdw; CREATE TABLE near (a int); INSERT INTO near VALUES (1)',
    );
    const at = `host '${cluster.socketDirectory}', port '${cluster.port}', dbname '${new URL(url).pathname.slice(1)}'`;
    await query(
      url,
      `CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (${at}); CREATE USER MAPPING FOR postgres SERVER loop OPTIONS (user 'postgres');
       CREATE FOREIGN TABLE far (a int) SERVER loop OPTIONS (schema_name 'public', table_name 'near'); CREATE VIEW seen AS SELECT a FROM far`,
    );
    await query(
      url,
      'CREATE MATERIALIZED VIEW kept AS SELECT a FROM seen; CREATE MATERIALIZED VIEW own AS SELECT a FROM near',
    );
    const verification = await proof(url);
    assertVerified(verification);
    assert.deepEqual(verification.leftOut, ['MATERIALIZED VIEW DATA public kept']);
  });

  test('materialized views where only the structure is proven', async () => {
    const url = await createDatabase(
      cluster,
      'CREATE TABLE t (id int); CREATE MATERIALIZED VIEW m AS SELECT id FROM t',
    );
    const { sufficient, differences, reasonCode } = await proof(url, 'structure');
    assert.deepEqual([sufficient, differences, reasonCode], [true, [], 'structure_only']);
  });

  test('tables of a tablespace', async () => {
    await query(cluster.url, 'ALTER SYSTEM SET allow_in_place_tablespaces = on');
    await query(cluster.url, 'SELECT pg_reload_conf(), pg_sleep(0.5)');
    await query(cluster.url, `CREATE TABLESPACE fast LOCATION ''`);
    const sql =
      'CREATE TABLE t (id int PRIMARY KEY USING INDEX TABLESPACE fast) TABLESPACE fast; INSERT INTO t VALUES (1)';
    assertVerified(await proof(await createDatabase(cluster, sql)));
  });

  test('a database that sorts by ICU, where the parts of a table depend on it', async () => {
    const sql = `CREATE TABLE t (v text) PARTITION BY RANGE (v); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('a') TO ('n');
      CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('n') TO ('zz'); INSERT INTO t VALUES ('B'), ('P'), ('b')`;
    assertVerified(await proof(await otherDatabase('sorted', `LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`, sql)));
  });

  test('a database that is not in UTF-8', async () => {
    const sql = `CREATE TABLE "größe" ("übung" text); INSERT INTO "größe" VALUES ('äöü')`;
    assertVerified(await proof(await otherDatabase('latin', 'ENCODING LATIN1', sql)));
  });

  test('settings of the database that change how SQL is read and printed', async () => {
    const url = await otherDatabase(
      'settings',
      '',
      `CREATE TABLE t (id int PRIMARY KEY, v varchar(4) CHECK (v IN ('a', 'b'))); CREATE SEQUENCE s; INSERT INTO t VALUES (1, 'a')`,
    );
    await query(cluster.url, 'ALTER DATABASE settings SET standard_conforming_strings = off');
    await query(cluster.url, 'ALTER DATABASE settings SET quote_all_identifiers = on');
    assertVerified(await proof(url));
  });
});
