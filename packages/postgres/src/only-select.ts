import { lineAndColumn, type SqlParser } from './sql-parser.ts';

/** A query that finds what is wrong: a row that it returns is a fault. */
export interface IntegrityQuery {
  name: string;
  /** One SELECT that only reads, without a semicolon. */
  sql: string;
}

/** Queries by name as people wrote them; what none of them can be is told with its reason, never with its text (S29). Pure. */
export function readIntegrityQueries(
  given: readonly { name: string; sql: string }[],
  parser: SqlParser,
): { queries: IntegrityQuery[]; wrong: { name: string; why: string }[] } {
  const queries: IntegrityQuery[] = [];
  const wrong: { name: string; why: string }[] = [];
  for (const { name, sql } of given) {
    const read = onlySelect(sql, parser);
    if ('sql' in read) queries.push({ name, sql: read.sql });
    else wrong.push({ name, why: read.why });
  }
  return { queries, wrong };
}

/** The one SELECT of a text, where it can only read. Pure. */
export function onlySelect(sql: string, parser: SqlParser): { sql: string } | { why: string } {
  const parsed = parser.parse(sql);
  if ('error' in parsed) {
    const { line, column } = lineAndColumn(sql, parsed.error.offset);
    return { why: `cannot be read as SQL (line ${line}, column ${column})` };
  }
  const [statement, ...others] = parsed.file.statements;
  if (statement === undefined) return { why: 'holds no statement' };
  if (others.length > 0) return { why: `holds ${others.length + 1} statements, not one` };
  if (statement.kind !== 'SelectStmt') return { why: 'is no SELECT' };
  if (writes(statement.node)) return { why: 'does not only read' };
  return { sql: sql.slice(statement.start, statement.end).trim() };
}

/** INTO, FOR UPDATE and statements in WITH that change rows; functions are stopped by the server, in a read-only transaction. */
const changes = new Set(['intoClause', 'lockingClause', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

function writes(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(writes);
  if (node === null || typeof node !== 'object') return false;
  return Object.entries(node).some(([key, value]) => changes.has(key) || writes(value));
}
