import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { connect, type DatabaseConnection } from '#postgres/connection';
import { countRows, type RowHash } from './count-rows.ts';
import { comparableSession } from './database-contents.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

/** Values that are not the same, of which some count as equal in SQL. */
const pairs: [type: string, one: string, other: string][] = [
  ['int', '1', '2'],
  ['int', 'NULL', '0'],
  ['bigint', '1', '5::bigint << 32 | 4'],
  ['bool', 'true', 'false'],
  ['float8', `'-0'`, `'0'`],
  ['float4', `'-0'`, `'0'`],
  ['numeric', '1.0', '1.00'],
  ['text', `''`, 'NULL'],
  ['text', `'a'`, `'a '`],
  ['text COLLATE public.blind', `'a'`, `'A'`],
  ['varchar(9)', `'é'`, `'e'`],
  ['char(3)', `'a'`, `'b'`],
  ['bpchar', `'a'`, `'a '`],
  ['bytea', `'\\x00'`, `'\\x0000'`],
  ['date', `'2026-01-01'`, `'infinity'`],
  ['time', `'00:00'`, `'24:00'`],
  ['timetz', `'00:00+00'`, `'01:00+01'`],
  ['timestamp', `'2026-01-01 00:00:00.000001'`, `'2026-01-01'`],
  ['timestamptz', `'2026-01-01 00:00+01'`, `'2026-01-01 00:00+00'`],
  ['interval', `'1 month'`, `'30 days'`],
  ['uuid', 'md5($$a$$)::uuid', 'md5($$b$$)::uuid'],
  ['json', `'{"a":1}'`, `'{"a": 1}'`],
  ['jsonb', `'1.0'`, `'1.00'`],
  ['int[]', `'{1,NULL}'`, `'{1}'`],
  ['text[]', `'[2:2]={a}'`, `'{a}'`],
  ['inet', `'10.0.0.1'`, `'10.0.0.1/8'`],
  ['public.mood', `'good'`, `'bad'`],
  ['public.short', `'a'`, `'b'`],
  ['public.pair', 'NULL', 'ROW(NULL, NULL)'],
  ['int4range', `'empty'`, `'[1,2)'`],
];

describe('rows, counted and hashed', installed ? {} : { skip: 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let connection: DatabaseConnection;
  before(async () => {
    cluster = await startCluster();
    const url = await createDatabase(
      cluster,
      `CREATE COLLATION public.blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
       CREATE TYPE public.mood AS ENUM ('good', 'bad'); CREATE DOMAIN public.short AS text; CREATE TYPE public.pair AS (a int, b int);`,
    );
    connection = await connect(url, { applicationName: 'test' });
    await connection.query(comparableSession);
  });
  after(async () => {
    await connection?.close();
    await cluster?.stop();
  });
  const counted = async (hash: RowHash, ...names: string[]) => {
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    try {
      return await countRows(connection, names, hash);
    } finally {
      await connection.query('ROLLBACK');
    }
  };

  for (const hash of ['named-columns', 'columns', 'text'] as const) {
    test(`by ${hash}: what looks different has another checksum, in any order of rows the same`, async () => {
      for (const [index, [type, one, other]] of pairs.entries()) {
        const [a, b, c] = ['a', 'b', 'c'].map((letter) => `public.${hash.replace('-', '_')}_${letter}${index}`) as [
          string,
          string,
          string,
        ];
        await connection.query(
          [a, b, c].map((name) => `CREATE TABLE ${name} ("Odd ""%s" ${type}, ops_row int, gone int);`).join('') +
            `ALTER TABLE ${a} DROP gone; INSERT INTO ${a} VALUES (${one}, 1), (${one}, 2), (${other}, 3);
             ALTER TABLE ${b} DROP gone; INSERT INTO ${b} VALUES (${other}, 3), (${one}, 2), (${one}, 1);
             ALTER TABLE ${c} DROP gone; INSERT INTO ${c} VALUES (${one}, 1), (${other}, 2), (${other}, 3);`,
        );
        const [first, again, changed] = await counted(hash, a, b, c);
        assert.deepEqual([first?.rows, again?.rows, changed?.rows], [3, 3, 3]);
        assert.equal(first?.checksum, again?.checksum, type);
        assert.notEqual(first?.checksum, changed?.checksum, `${type}: ${one} and ${other}`);
      }
    });
  }

  for (const hash of ['named-columns', 'columns', 'text'] as const) {
    test(`by ${hash}: values that change rows change the checksum`, async () => {
      for (let pair = 0; pair < 10; pair++) {
        const [one, other] = [
          `public.${hash.replace('-', '_')}_kept${pair}`,
          `public.${hash.replace('-', '_')}_swapped${pair}`,
        ] as [string, string];
        const [low, high] = [2 * pair, 2 * pair + 1];
        await connection.query(
          `CREATE TABLE ${one} (a int, b int, c text); INSERT INTO ${one} VALUES (${low}, 1, 'x'), (${high}, 2, 'y');
           CREATE TABLE ${other} (a int, b int, c text); INSERT INTO ${other} VALUES (${low}, 2, 'x'), (${high}, 1, 'y');`,
        );
        const [kept, swapped] = await counted(hash, one, other);
        assert.notEqual(kept?.checksum, swapped?.checksum, `pair ${pair}`);
      }
    });

    test(`by ${hash}: a NaN that arithmetic made is the NaN that a dump brings back`, async () => {
      for (const type of ['float8', 'float4']) {
        const [made, read, none] = ['made', 'read', 'none'].map(
          (name) => `public.${hash.replace('-', '_')}_${type}_${name}`,
        ) as [string, string, string];
        await connection.query(
          `CREATE TABLE ${made} AS SELECT 'Infinity'::${type} - 'Infinity'::${type} AS value;
           CREATE TABLE ${read} AS SELECT 'NaN'::${type} AS value; CREATE TABLE ${none} AS SELECT NULL::${type} AS value;`,
        );
        const [first, second, third] = await counted(hash, made, read, none);
        assert.equal(first?.checksum, second?.checksum, type);
        assert.notEqual(first?.checksum, third?.checksum, type);
      }
    });
  }

  test('tables without rows or columns count, and no lock on an index stays', async () => {
    await connection.query(
      `CREATE TABLE public.bare (); INSERT INTO public.bare DEFAULT VALUES; CREATE TABLE public.empty (id int)`,
    );
    const names = Array.from({ length: 120 }, (_, index) => `public.keyed${index}`);
    await connection.query(names.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY);`).join(''));
    assert.deepEqual(
      (await counted('columns', 'public.bare', 'public.empty')).map(({ rows }) => rows),
      [1, 0],
    );
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    assert.equal((await countRows(connection, names, 'columns')).length, names.length);
    const held = await connection.query(
      `SELECT FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
        WHERE l.pid = pg_catalog.pg_backend_pid() AND c.relname ~ '^keyed'`,
    );
    assert.equal(held.length, 0);
    await connection.query('ROLLBACK');
  });
});
