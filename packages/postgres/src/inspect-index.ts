import type { DatabaseConnection } from './connection.ts';
import { child, children, identifier, type ParseNode, textOf } from './sql-names.ts';
import type { ParsedStatement, SqlParser } from './sql-parser.ts';

/** An index as the catalog has it. */
export interface BuiltIndex {
  /** Quoted, with schema. */
  qualifiedName: string;
  valid: boolean;
  /** True while some session is building it. */
  building: boolean;
  /** As `pg_get_indexdef` writes it. */
  definition: string;
}

/** Table (quoted, as the file names it) and index name of a CREATE INDEX CONCURRENTLY; undefined for other statements. */
export function indexNameOf(statement: ParsedStatement): { table: string; name: string } | undefined {
  const name = textOf(statement.node, 'idxname');
  const relation = child(statement.node, 'relation');
  const table = textOf(relation, 'relname');
  if (statement.kind !== 'IndexStmt' || name === undefined || table === undefined) return undefined;
  const schema = textOf(relation, 'schemaname');
  return { name, table: (schema === undefined ? '' : `${identifier(schema)}.`) + identifier(table) };
}

/** The index of this name in the schema of its table, where CREATE INDEX would put it. */
export async function inspectIndex(
  connection: DatabaseConnection,
  index: { table: string; name: string },
): Promise<BuiltIndex | undefined> {
  const [row] = await connection.query<{ name: string; valid: boolean; building: boolean; definition: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS valid,
            EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid) AS building,
            pg_get_indexdef(c.oid) AS definition
       FROM pg_catalog.pg_class t
       JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
       JOIN pg_catalog.pg_class c ON c.relnamespace = t.relnamespace AND c.relname = $2
       JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
      WHERE t.oid = to_regclass($1)`,
    [index.table, index.name],
  );
  return row === undefined
    ? undefined
    : { qualifiedName: row.name, valid: row.valid, building: row.building, definition: row.definition };
}

/**
 * True when a file's CREATE INDEX and an existing index say the same. Expressions that PostgreSQL rewrites (casts added)
 * compare as different, which refuses rather than trusts. Pure given the parser.
 */
export function sameIndex(statement: ParsedStatement, definition: string, parser: SqlParser): boolean {
  const parsed = parser.parse(definition);
  if ('error' in parsed) return false;
  const [built] = parsed.file.statements;
  return built?.kind === 'IndexStmt' && shape(built.node) === shape(statement.node);
}

function shape(node: ParseNode): string {
  const table = textOf(child(node, 'relation'), 'relname');
  const parts = {
    table,
    method: textOf(node, 'accessMethod'),
    unique: node.unique === true,
    nullsNotDistinct: node.nulls_not_distinct === true,
    columns: children(node, 'indexParams'),
    including: children(node, 'indexIncludingParams'),
    options: children(node, 'options'),
    where: node.whereClause,
  };
  return JSON.stringify(parts, (key, value) => (key === 'location' ? undefined : value));
}
