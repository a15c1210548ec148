import { child, children, type ParseNode, relationKey, relationName, textOf, wrapped } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** Keys of the relations that a statement creates. IF NOT EXISTS creates perhaps, so those count as existing. */
export function createdRelations(statement: ParsedStatement): string[] {
  const { kind, node } = statement;
  const relation =
    kind === 'CreateStmt' && node.if_not_exists !== true
      ? child(node, 'relation')
      : kind === 'CreateTableAsStmt' && node.if_not_exists !== true
        ? child(child(node, 'into'), 'rel')
        : undefined;
  const name = relationName(relation);
  return name === undefined ? [] : [relationKey(name)];
}

/** True for statements that PostgreSQL refuses inside a transaction block. */
export function standsAlone(statement: ParsedStatement): boolean {
  const { kind, node } = statement;
  if (kind === 'IndexStmt' || kind === 'DropStmt') return node.concurrent === true;
  if (kind === 'ReindexStmt') {
    const concurrently = children(node, 'params').some((item) => child(item, 'DefElem')?.defname === 'concurrently');
    return concurrently || node.kind === 'REINDEX_OBJECT_DATABASE' || node.kind === 'REINDEX_OBJECT_SYSTEM';
  }
  if (kind === 'VacuumStmt') return node.is_vacuumcmd === true;
  if (kind === 'AlterTableStmt')
    return tableCommands(node).some(
      (command) =>
        textOf(command, 'subtype') === 'AT_DetachPartition' &&
        child(child(command, 'def'), 'PartitionCmd')?.concurrent === true,
    );
  return (
    kind === 'AlterSystemStmt' ||
    kind === 'CreatedbStmt' ||
    kind === 'DropdbStmt' ||
    kind === 'CreateTableSpaceStmt' ||
    kind === 'DropTableSpaceStmt'
  );
}

/** The clauses of an ALTER TABLE. */
export function tableCommands(node: ParseNode): ParseNode[] {
  return wrapped(node, 'cmds', 'AlterTableCmd');
}

/** Keys of the relations that a statement makes under a name that something else had before: views only. */
export function recreatedBy(statement: ParsedStatement): string[] {
  const { kind, node } = statement;
  const relation =
    kind === 'ViewStmt'
      ? child(node, 'view')
      : kind === 'CreateTableAsStmt' && node.objtype === 'OBJECT_MATVIEW'
        ? child(child(node, 'into'), 'rel')
        : undefined;
  const name = relationName(relation);
  return name === undefined ? [] : [relationKey(name)];
}
