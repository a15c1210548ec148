import {
  child,
  children,
  identifier,
  offsetOfNode,
  type ParseNode,
  qualified,
  type RelationName,
  stringList,
  wrapped,
} from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** What existing rows get, by type. `now()` and constants do not rewrite the table; `gen_random_uuid()` does. */
const defaults: Record<string, string> = {
  int2: '0',
  int4: '0',
  int8: '0',
  float4: '0',
  float8: '0',
  numeric: '0',
  money: '0',
  bool: 'false',
  text: "''",
  varchar: "''",
  bpchar: "''",
  citext: "''",
  bytea: "''",
  json: "'{}'",
  jsonb: "'{}'",
  hstore: "''",
  interval: "'0'",
  date: 'CURRENT_DATE',
  timestamp: 'now()',
  timestamptz: 'now()',
  uuid: 'gen_random_uuid()',
};

/** Constraints for which one value in every existing row cannot be right. */
const needOwnValues = new Set(['CONSTR_PRIMARY', 'CONSTR_UNIQUE', 'CONSTR_FOREIGN', 'CONSTR_CHECK']);

/**
 * The corrected form of `ALTER TABLE t ADD COLUMN c type NOT NULL`: the same statement with a DEFAULT where the type has
 * a harmless one, else the column first, its values next, the constraint last (MIG-14).
 */
export function correctAddColumn(
  sql: string,
  statement: ParsedStatement,
  table: RelationName,
  column: ParseNode,
): string {
  const name = identifier(String(column.colname));
  const typeName = child(column, 'typeName');
  const constraints = wrapped(column, 'constraints', 'Constraint');
  const typeStart = offsetOfNode(statement, typeName);
  const typeEnd = Math.min(...constraints.map((constraint) => offsetOfNode(statement, constraint)));
  const type = sql.slice(typeStart, typeEnd).replace(/\s+/g, ' ').trim();
  const alter = `ALTER TABLE ${qualified(table)}`;
  const value =
    children(typeName, 'arrayBounds').length > 0
      ? "'{}'"
      : defaults[stringList(children(typeName, 'names')).at(-1) ?? ''];
  const plain = constraints.every((constraint) => !needOwnValues.has(String(constraint.contype)));
  if (value !== undefined && plain) return `${alter} ADD COLUMN ${name} ${type} NOT NULL DEFAULT ${value};`;
  return [
    `${alter} ADD COLUMN ${name} ${type};`,
    '-- in a file of its own, so that the lock of ADD COLUMN is not held while rows are written:',
    `UPDATE ${qualified(table)} SET ${name} = /* the value for rows that exist */;`,
    `${alter} ALTER COLUMN ${name} SET NOT NULL;`,
  ].join('\n');
}
