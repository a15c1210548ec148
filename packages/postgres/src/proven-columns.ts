import { child, children, type RelationName, relationKey, relationName, stringList, textOf } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import { tableCommands } from './statement-kinds.ts';
import type { FactsOf } from './table-facts.ts';

/**
 * Columns (`public.notes.title`) that a statement proves to hold no NULL, so that a later SET NOT NULL need not read the
 * table (PostgreSQL 12 and later). `checks` remembers constraints that are not valid yet; it is added to. Pure otherwise.
 */
export function provenColumns(statement: ParsedStatement, checks: Map<string, string>, facts: FactsOf): string[] {
  const table = relationName(child(statement.node, 'relation'));
  if (statement.kind !== 'AlterTableStmt' || table === undefined) return [];
  return tableCommands(statement.node).flatMap((command): string[] => {
    const name = textOf(command, 'name') ?? '';
    if (textOf(command, 'subtype') === 'AT_ValidateConstraint') {
      const column = checks.get(`${relationKey(table)}.${name}`) ?? facts(table)?.unvalidated[name];
      return column === undefined ? [] : [keyOf(table, column)];
    }
    const constraint = child(child(command, 'def'), 'Constraint');
    const column = notNullColumn(constraint);
    if (textOf(command, 'subtype') !== 'AT_AddConstraint' || column === undefined) return [];
    if (constraint?.skip_validation !== true) return [keyOf(table, column)];
    checks.set(`${relationKey(table)}.${textOf(constraint, 'conname') ?? ''}`, column);
    return [];
  });
}

function keyOf(table: RelationName, column: string): string {
  return `${relationKey(table)}.${column}`;
}

/** The column of CHECK (column IS NOT NULL), or of NOT NULL column. */
function notNullColumn(constraint: Record<string, unknown> | undefined): string | undefined {
  if (textOf(constraint, 'contype') === 'CONSTR_NOTNULL') return stringList(children(constraint, 'keys'))[0];
  const test = child(child(constraint, 'raw_expr'), 'NullTest');
  if (textOf(constraint, 'contype') !== 'CONSTR_CHECK' || test?.nulltesttype !== 'IS_NOT_NULL') return undefined;
  return stringList(children(child(child(test, 'arg'), 'ColumnRef'), 'fields')).at(-1);
}
