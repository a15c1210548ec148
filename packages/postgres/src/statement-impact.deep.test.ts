import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect, type DatabaseConnection } from './connection.ts';
import { readTableFacts } from './read-table-facts.ts';
import type { RelationName } from './sql-names.ts';
import { loadSqlParser, type ParsedStatement } from './sql-parser.ts';
import { statementImpact } from './statement-impact.ts';
import { standsAlone } from './statement-kinds.ts';
import type { FactsOf } from './table-facts.ts';
import { type LockMode, lockModes, type TableImpact } from './table-lock.ts';

const installed = (await listPostgres()).some((found) => found.server);
const parser = await loadSqlParser();

const setUp = `
  DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SET search_path = public;
  CREATE TABLE u (id int PRIMARY KEY, name text);
  CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text, v varchar(20), n numeric(10, 2), c cidr, checked int, at timestamp(3),
    CONSTRAINT t_checked CHECK (checked IS NOT NULL));
  INSERT INTO u SELECT i FROM generate_series(1, 50) i;
  INSERT INTO t SELECT i, i, i::text, i::text, i, '10.0.0.0/8', i, now() FROM generate_series(1, 50) i;
  ALTER TABLE t ADD CONSTRAINT late CHECK (a > 0) NOT VALID;
  ALTER TABLE t ADD CONSTRAINT t_fk FOREIGN KEY (a) REFERENCES u (id) NOT VALID;
  CREATE INDEX t_b ON t (b); CREATE UNIQUE INDEX t_v ON t (v);
  CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
  CREATE POLICY p ON t; CREATE RULE r AS ON DELETE TO u DO NOTHING;
  CREATE MATERIALIZED VIEW m AS SELECT id FROM t; CREATE UNIQUE INDEX m_id ON m (id);
  CREATE TABLE pt (id int, k int) PARTITION BY LIST (k); CREATE TABLE pt1 PARTITION OF pt FOR VALUES IN (1);
  CREATE TABLE p2 (id int, k int); INSERT INTO p2 SELECT i, 2 FROM generate_series(1, 50) i; INSERT INTO pt SELECT i, 1 FROM generate_series(1, 50) i;
  CREATE SCHEMA IF NOT EXISTS other;
  ANALYZE`;

const statements = [
  'ALTER TABLE t ADD COLUMN x int',
  'ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 5',
  "ALTER TABLE t ADD COLUMN x timestamptz NOT NULL DEFAULT now(), ADD COLUMN y text DEFAULT 'a' || 'b'",
  'ALTER TABLE t ADD COLUMN x date DEFAULT current_date, ADD COLUMN y jsonb DEFAULT jsonb_build_object()',
  'ALTER TABLE t ADD COLUMN x uuid DEFAULT gen_random_uuid()',
  'ALTER TABLE t ADD COLUMN x timestamptz DEFAULT clock_timestamp()',
  'ALTER TABLE t ADD COLUMN x bigserial',
  'ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS IDENTITY',
  'ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a + 1) STORED',
  'ALTER TABLE t ADD COLUMN x int CHECK (x > 0)',
  'ALTER TABLE t ADD COLUMN x int UNIQUE',
  'ALTER TABLE t ADD COLUMN x int REFERENCES u (id)',
  'ALTER TABLE t ADD COLUMN x int DEFAULT 1 REFERENCES u (id)',
  'ALTER TABLE t DROP COLUMN b',
  'ALTER TABLE t ALTER a DROP NOT NULL',
  'ALTER TABLE t ALTER b SET NOT NULL',
  'ALTER TABLE t ALTER a SET NOT NULL',
  'ALTER TABLE t ALTER checked SET NOT NULL',
  'ALTER TABLE t ALTER a SET DEFAULT 7',
  'ALTER TABLE t ALTER a TYPE bigint',
  'ALTER TABLE t ALTER v TYPE varchar(40)',
  'ALTER TABLE t ALTER v TYPE varchar(10)',
  'ALTER TABLE t ALTER v TYPE varchar',
  'ALTER TABLE t ALTER v TYPE text',
  'ALTER TABLE t ALTER b TYPE varchar',
  'ALTER TABLE t ALTER b TYPE varchar(50)',
  'ALTER TABLE t ALTER n TYPE numeric(12, 2)',
  'ALTER TABLE t ALTER n TYPE numeric(12, 4)',
  'ALTER TABLE t ALTER n TYPE numeric',
  'ALTER TABLE t ALTER c TYPE inet',
  'ALTER TABLE t ALTER at TYPE timestamp(6)',
  'ALTER TABLE t ALTER at TYPE timestamp',
  'ALTER TABLE t ALTER at TYPE timestamp(1)',
  'ALTER TABLE t ALTER b TYPE int USING b::int',
  'ALTER TABLE t ALTER a SET STATISTICS 200',
  'ALTER TABLE t ALTER a SET (n_distinct = 5)',
  'ALTER TABLE t ALTER b SET STORAGE EXTERNAL',
  'ALTER TABLE t SET (fillfactor = 70)',
  'ALTER TABLE t RESET (fillfactor)',
  'ALTER TABLE t CLUSTER ON t_pkey',
  'ALTER TABLE t SET WITHOUT CLUSTER',
  'ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0)',
  'ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0) NOT VALID',
  'ALTER TABLE t VALIDATE CONSTRAINT late',
  'ALTER TABLE t VALIDATE CONSTRAINT t_fk',
  'ALTER TABLE t ADD CONSTRAINT x FOREIGN KEY (a) REFERENCES u (id)',
  'ALTER TABLE t ADD CONSTRAINT x FOREIGN KEY (a) REFERENCES u (id) NOT VALID',
  'ALTER TABLE t ADD CONSTRAINT x UNIQUE (b)',
  'ALTER TABLE t ADD CONSTRAINT x UNIQUE USING INDEX t_v',
  'ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING btree (b WITH =)',
  'ALTER TABLE t DROP CONSTRAINT late',
  'ALTER TABLE t DISABLE TRIGGER tr',
  'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE t REPLICA IDENTITY FULL',
  'ALTER TABLE t SET UNLOGGED',
  'ALTER TABLE t SET SCHEMA other',
  'ALTER TABLE t OWNER TO CURRENT_USER',
  'ALTER TABLE t RENAME TO z',
  'ALTER TABLE t RENAME b TO z',
  'ALTER TABLE t RENAME CONSTRAINT late TO z',
  'ALTER TABLE pt ATTACH PARTITION p2 FOR VALUES IN (2)',
  'ALTER TABLE pt DETACH PARTITION pt1',
  'CREATE TABLE z PARTITION OF pt FOR VALUES IN (3)',
  'CREATE TABLE z (id int REFERENCES u (id))',
  'CREATE TABLE z () INHERITS (u)',
  'CREATE INDEX ON t (a)',
  'REINDEX TABLE t',
  'REINDEX INDEX t_b',
  'DROP INDEX t_b',
  'DROP TABLE t CASCADE',
  'DROP TRIGGER tr ON t',
  'DROP POLICY p ON t',
  'DROP RULE r ON u',
  'CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f()',
  'CREATE POLICY q ON t',
  'ALTER POLICY p ON t USING (true)',
  'CREATE RULE q AS ON DELETE TO t DO NOTHING',
  'CREATE STATISTICS s ON a, b FROM t',
  'CLUSTER t USING t_pkey',
  'REFRESH MATERIALIZED VIEW m',
  'TRUNCATE t',
  'LOCK TABLE t IN SHARE MODE',
  'LOCK TABLE t',
  'INSERT INTO u VALUES (1000)',
  "UPDATE t SET b = 'x'",
  'DELETE FROM t',
  'COPY t FROM STDIN',
  'CREATE INDEX CONCURRENTLY x ON t (a)',
  'DROP INDEX CONCURRENTLY t_b',
  'REINDEX TABLE CONCURRENTLY t',
  'VACUUM (FULL) t',
  'VACUUM t',
  'ALTER TABLE pt DETACH PARTITION pt1 CONCURRENTLY',
];

/** Cannot be asked of this server or with these means. */
const notHere = new Set(['COPY t FROM STDIN']);

describe('locks and work of statements, as a real server has them', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, () => {
  let cluster: Cluster;
  let session: DatabaseConnection;
  let watcher: DatabaseConnection;
  before(async () => {
    cluster = await startCluster();
    session = await connect(cluster.url, { applicationName: 'test' });
    watcher = await connect(cluster.url, { applicationName: 'test' });
  });
  beforeEach(async () => {
    await session.query('ROLLBACK');
    await session.query(setUp);
    await watcher.query('ROLLBACK');
  });
  after(async () => {
    await session.close();
    await watcher.close();
    await cluster.stop();
  });

  for (const sql of statements) {
    test(sql, { skip: notHere.has(sql) ? 'needs data on the wire' : false }, async () => {
      const statement = parsed(sql);
      const named = statementImpact(statement).map((impact) => impact.table);
      const facts = await readTableFacts(session, named);
      const impacts = statementImpact(statement, facts);
      const [first] = impacts;
      assert.ok(first, 'nothing is said about the statement');
      const said = impacts.map((impact) => `${tableOf(impact.table, facts)} ${impact.lock} ${impact.work}`);
      if (standsAlone(statement)) assert.equal(await lockWhileWaiting(sql, first, facts), said[0]);
      else assert.deepEqual(await lockInTransaction(sql, statement, impacts, facts), said);
    });
  }

  test('a partitioned table is as large as its partitions, and a name that is not there has no facts', async () => {
    const facts = await readTableFacts(session, [
      { name: 'pt' },
      { name: 'nothing' },
      { schema: 'public', name: 't_b' },
    ]);
    assert.equal(facts({ name: 'pt' })?.rows, 50);
    assert.ok((facts({ name: 'pt' })?.bytes ?? 0) >= 8192);
    assert.equal(facts({ name: 'nothing' }), undefined);
    assert.deepEqual(facts({ name: 't_b' })?.table, 'public.t');
    assert.deepEqual(facts({ name: 't_b' })?.columns.v, 'character varying(20)');
    assert.deepEqual(facts({ name: 't_b' })?.notNull, ['id', 'a', 'checked']);
  });

  test('a table that somebody holds exclusively is asked for its page count instead', async () => {
    await watcher.query('BEGIN; LOCK TABLE t');
    const facts = await readTableFacts(session, [{ name: 't' }]);
    assert.equal(facts({ name: 't' })?.bytes, 8192);
  });

  async function lockInTransaction(
    sql: string,
    statement: ParsedStatement,
    impacts: readonly TableImpact[],
    facts: FactsOf,
  ): Promise<string[]> {
    const tables = impacts.map((impact) => tableOf(impact.table, facts));
    const ids = await session.query<{ id: number }>('SELECT c::regclass::oid::int AS id FROM unnest($1::text[]) c', [
      tables,
    ]);
    const state = async (id: number) => {
      const [row] = await session.query<{ file: string | null; scans: number }>(
        `SELECT (SELECT relfilenode::text FROM pg_class WHERE oid = $1) AS file, pg_stat_get_xact_numscans($1)::int AS scans`,
        [id],
      );
      return row;
    };
    await session.query('BEGIN');
    const earlier = await Promise.all(ids.map(({ id }) => state(id)));
    await session.query(sql);
    const answers: string[] = [];
    for (const [index, { id }] of ids.entries()) {
      const now = await state(id);
      const rewritten = now?.file !== null && now?.file !== earlier[index]?.file;
      const scanned = (now?.scans ?? 0) > (earlier[index]?.scans ?? 0);
      // The other tables are read only to check a reference, and TRUNCATE builds indexes over nothing.
      const counts = index === 0 || impacts[index]?.work !== 'none';
      const work =
        !counts || statement.kind === 'TruncateStmt' ? 'none' : rewritten ? 'rewrite' : scanned ? 'scan' : 'none';
      answers.push(`${tables[index]} ${await strongest(session, session.processId, id)} ${work}`);
    }
    await session.query('ROLLBACK');
    return answers;
  }

  /** A statement that runs outside a transaction is stopped by somebody else's lock and looked at meanwhile. */
  async function lockWhileWaiting(sql: string, impact: TableImpact, facts: FactsOf): Promise<string> {
    const table = tableOf(impact.table, facts);
    // What a statement takes in its later transactions cannot be looked at, so only its first relation is asked for.
    const blocking = /^VACUUM t|DETACH/.test(sql) ? 'SHARE UPDATE EXCLUSIVE' : 'ROW EXCLUSIVE';
    await watcher.query(`BEGIN; LOCK TABLE ${table} IN ${blocking} MODE`);
    const running = session.query(sql);
    const [row] = await watcher.query<{ id: number }>('SELECT $1::regclass::oid::int AS id', [table]);
    let mode: string | undefined;
    for (let tries = 0; tries < 1_500 && mode === undefined; tries++) {
      mode = await strongest(watcher, session.processId, row?.id ?? 0);
      await delay(20);
    }
    await watcher.query('COMMIT');
    await running;
    return `${table} ${mode} ${impact.work}`;
  }
});

function parsed(sql: string): ParsedStatement {
  const outcome = parser.parse(sql);
  assert.ok('file' in outcome, sql);
  const [statement] = outcome.file.statements;
  assert.ok(statement);
  return statement;
}

function tableOf(relation: RelationName, facts: FactsOf): string {
  return facts(relation)?.table ?? `public.${relation.name}`;
}

/** The strongest mode that a session holds or waits for, in the words of the documentation. */
async function strongest(connection: DatabaseConnection, pid: number, relation: number): Promise<LockMode | undefined> {
  const rows = await connection.query<{ mode: string }>('SELECT mode FROM pg_locks WHERE pid = $1 AND relation = $2', [
    pid,
    relation,
  ]);
  const held = rows.map(({ mode }) =>
    mode
      .replace(/Lock$/, '')
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toUpperCase(),
  );
  return lockModes.findLast((mode) => held.includes(mode));
}
