import { child, children, type RelationName, relationName } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import type { TableWork } from './table-lock.ts';

/** Rows of a relation that a statement goes through, whatever lock it takes on it. */
export interface LongWork {
  table: RelationName;
  work: Exclude<TableWork, 'none'>;
}

/**
 * Statements about rows whose time grows with a table: UPDATE and DELETE with a condition, INSERT … SELECT, CREATE TABLE
 * AS. How much of the table they touch is not in their text, so that they count as reading it whole. Pure.
 */
export function longWork({ kind, node }: ParsedStatement): LongWork[] {
  switch (kind) {
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt': {
      const table = relationName(child(node, 'relation'));
      const work = kind !== 'MergeStmt' && node.whereClause === undefined ? 'rewrite' : 'scan';
      return table === undefined ? [] : [{ table, work }];
    }
    case 'InsertStmt':
      return sources(child(child(node, 'selectStmt'), 'SelectStmt'));
    case 'CreateTableAsStmt':
      return sources(child(child(node, 'query'), 'SelectStmt'));
    default:
      return [];
  }
}

function sources(select: Record<string, unknown> | undefined): LongWork[] {
  return children(select, 'fromClause').flatMap((item): LongWork[] => {
    const join = child(item, 'JoinExpr');
    const tables =
      join === undefined
        ? [child(item, 'RangeVar')]
        : [child(join, 'larg'), child(join, 'rarg')].map((side) => child(side, 'RangeVar'));
    return tables.flatMap((one): LongWork[] => {
      const table = relationName(one);
      return table === undefined ? [] : [{ table, work: 'scan' }];
    });
  });
}
