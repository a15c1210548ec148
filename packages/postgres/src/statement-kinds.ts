import { child, children, type ParseNode, textOf, wrapped } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** True for statements that PostgreSQL refuses inside a transaction block. */
export function standsAlone(statement: ParsedStatement): boolean {
  const { kind, node } = statement;
  if (kind === 'IndexStmt' || kind === 'DropStmt') return node.concurrent === true;
  if (kind === 'ReindexStmt') {
    const concurrently = children(node, 'params').some((item) => child(item, 'DefElem')?.defname === 'concurrently');
    return (
      concurrently ||
      node.kind === 'REINDEX_OBJECT_DATABASE' ||
      node.kind === 'REINDEX_OBJECT_SYSTEM' ||
      node.kind === 'REINDEX_OBJECT_SCHEMA'
    );
  }
  // Of one table it may; of all that were ever clustered it commits table by table.
  if (kind === 'ClusterStmt') return node.relation === undefined;
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
