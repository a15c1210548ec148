import type { DatabaseConnection } from '#postgres/connection';
import { countRows, quickestRowHash, type RowHash, type TableRows } from './count-rows.ts';
import { definitionsQuery, notOfExtension, userSchema } from './definitions-query.ts';
import { type ArchivedEntry, readArchivedEntries, readEventTriggers } from './dump-listing.ts';
import { type LargeObjects, readLargeObjects } from './read-large-objects.ts';
import { readReached, readSequences, type SequenceState } from './read-sequences.ts';

/** One relation that pg_dump writes. */
export interface Relation {
  /** Quoted, with schema. */
  name: string;
  kind: 'table' | 'partitioned' | 'view' | 'materialized-view' | 'foreign-table' | 'sequence';
}

/** What a backup has to bring back; names and numbers, no values. */
export interface DatabaseContents {
  relations: Relation[];
  /** One line per column, constraint, index, policy, type …: what it is in words, its expressions as a digest at the end. */
  definitions: string[];
  /** The kinds of `laterKinds` are among the definitions; absent in backups that were made before. */
  hasLaterKinds?: true;
  /** Lines of derived definitions say so; absent in backups that were made before. */
  marksDerived?: true;
  tables: TableRows[];
  /** How the checksums were made; absent in backups of 0.1: of the text of the row. */
  rowHash?: RowHash;
  largeObjects: number;
  /** Bytes and checksum of the large objects; absent in backups of 0.1. */
  largeObjectData?: Omit<LargeObjects, 'count'>;
  /** As they were before the dump; absent in backups of 0.1. */
  sequences?: SequenceState[];
  /** Entries with owner that the dump's table of contents must have; absent in backups of 0.1. */
  archived?: ArchivedEntry[];
  /** Statements that make the event triggers, which no scratch server gets; absent in backups of 0.1. */
  eventTriggers?: string[];
}

const kinds: Record<string, Relation['kind']> = {
  r: 'table',
  p: 'partitioned',
  v: 'view',
  m: 'materialized-view',
  f: 'foreign-table',
  S: 'sequence',
};

/**
 * Makes values print the same on both servers, finds system objects only, and lets nothing be written (S24). To compile the query
 * of the definitions takes longer than to run it.
 */
export const comparableSession = `SET search_path = ''; SET timezone = 'UTC'; SET datestyle = 'ISO, MDY';
  SET intervalstyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1; SET lc_monetary = 'C';
  SET xmloption = 'content'; SET standard_conforming_strings = on; SET quote_all_identifiers = off; SET row_security = off; SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0;
  SET jit = off;`;

const relationsQuery = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name, c.relkind AS kind, n.nspname AS schema,
         pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS readable,
         c.relkind IN ('r', 'p') AND pg_catalog.row_security_active(c.oid) AS filtered,
         (SELECT format('%I.%I', m.nspname, t.relname) FROM pg_catalog.pg_depend AS d
            JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace
           WHERE c.relkind = 'S' AND d.objid = c.oid AND d.deptype IN ('a', 'i')
             AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid LIMIT 1) AS "ownedBy"
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')}
   ORDER BY 1`;

/** Relations with the schema, whether this role may read them, whether row level security hides rows from it, and the table that owns a sequence. */
export async function readRelations(
  connection: DatabaseConnection,
): Promise<(Relation & { schema: string; readable: boolean; filtered: boolean; ownedBy: string | null })[]> {
  const rows = await connection.query<{
    name: string;
    kind: string;
    schema: string;
    readable: boolean;
    filtered: boolean;
    ownedBy: string | null;
  }>(relationsQuery);
  return rows.map((row) => ({ ...row, kind: kinds[row.kind] ?? 'table' }));
}

/**
 * Reads what there is, counting and hashing every row of every table in `relations`; with the hash of the contents that this
 * one is to be compared with. The session must have `comparableSession` set and should be in one READ ONLY snapshot.
 */
export async function readContents(
  connection: DatabaseConnection,
  relations: readonly Relation[],
  rowHash: RowHash = quickestRowHash(connection),
): Promise<DatabaseContents> {
  const definitions = await connection.query<{ line: string }>(definitionsQuery, [
    relations.map((relation) => relation.name),
  ]);
  const { count, ...largeObjectData } = await readLargeObjects(connection);
  const names = relations.filter((relation) => relation.kind === 'table').map((relation) => relation.name);
  const tables = await countRows(connection, names, rowHash);
  return {
    relations: relations.map(({ name, kind }) => ({ name, kind })),
    definitions: definitions.map((row) => row.line),
    hasLaterKinds: true,
    marksDerived: true,
    tables,
    rowHash,
    largeObjects: count,
    largeObjectData,
    sequences: await readReached(connection, await readSequences(connection), new Set(names)),
    archived: await readArchivedEntries(connection, relations),
    eventTriggers: await readEventTriggers(connection),
  };
}
