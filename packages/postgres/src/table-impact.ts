import {
  child,
  children,
  type ParseNode,
  type RelationName,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import { tableCommands } from './statement-kinds.ts';
import { keepsStorage, type TableFacts } from './table-facts.ts';
import { combine, type Impact, type TableImpact } from './table-lock.ts';
import { typeName } from './type-name.ts';
import { isVolatile } from './volatile-default.ts';

const exclusive: Impact = { lock: 'ACCESS EXCLUSIVE', work: 'none' };
const exclusiveScan: Impact = { lock: 'ACCESS EXCLUSIVE', work: 'scan' };
const exclusiveRewrite: Impact = { lock: 'ACCESS EXCLUSIVE', work: 'rewrite' };
const update: Impact = { lock: 'SHARE UPDATE EXCLUSIVE', work: 'none' };
const shareRow: Impact = { lock: 'SHARE ROW EXCLUSIVE', work: 'none' };

/**
 * What an ALTER TABLE does to its table and to the tables it refers to. The levels are those of PostgreSQL's
 * documentation of ALTER TABLE ("An ACCESS EXCLUSIVE lock is acquired unless explicitly noted"); the deep test takes
 * them from pg_locks of a real server. Pure.
 */
export function tableImpacts(node: ParseNode, facts: TableFacts | undefined): TableImpact[] {
  const table = relationName(child(node, 'relation'));
  if (table === undefined) return [];
  const commands = tableCommands(node);
  const own = combine(commands.map((command) => commandImpact(command, facts)));
  return [...(own === undefined ? [] : [{ table, ...own }]), ...commands.flatMap(othersOf)];
}

/** What one clause does to the table that is altered. Pure. */
export function commandImpact(command: ParseNode, facts: TableFacts | undefined): Impact {
  const column = textOf(command, 'name') ?? '';
  const definition = child(child(command, 'def'), 'ColumnDef');
  switch (textOf(command, 'subtype')) {
    case 'AT_AddColumn':
      return definition === undefined ? exclusive : addColumn(definition);
    case 'AT_AddConstraint':
      return addConstraint(child(child(command, 'def'), 'Constraint'));
    case 'AT_AlterColumnType':
      return changesStorage(column, definition, facts) ? exclusiveRewrite : exclusive;
    case 'AT_SetNotNull':
      return facts?.notNull.includes(column) === true ? exclusive : exclusiveScan;
    case 'AT_ValidateConstraint':
      return { lock: 'SHARE UPDATE EXCLUSIVE', work: 'scan' };
    case 'AT_SetTableSpace':
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetAccessMethod':
    case 'AT_SetExpression':
      return exclusiveRewrite;
    case 'AT_SetStatistics':
    case 'AT_SetOptions':
    case 'AT_ResetOptions':
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
    case 'AT_ClusterOn':
    case 'AT_DropCluster':
    case 'AT_AttachPartition':
      return update;
    case 'AT_EnableTrig':
    case 'AT_EnableAlwaysTrig':
    case 'AT_EnableReplicaTrig':
    case 'AT_EnableTrigAll':
    case 'AT_EnableTrigUser':
    case 'AT_DisableTrig':
    case 'AT_DisableTrigAll':
    case 'AT_DisableTrigUser':
      return shareRow;
    case 'AT_DetachPartition':
      return child(child(command, 'def'), 'PartitionCmd')?.concurrent === true ? update : exclusive;
    default:
      return exclusive;
  }
}

function addColumn(column: ParseNode): Impact {
  const constraints = wrapped(column, 'constraints', 'Constraint');
  const kinds = constraints.map((constraint) => textOf(constraint, 'contype'));
  const type = stringList(children(child(column, 'typeName'), 'names')).at(-1) ?? '';
  const stored = constraints.some((one) => one.contype === 'CONSTR_GENERATED' && one.generated_kind !== 'v');
  const value = constraints.find((one) => one.contype === 'CONSTR_DEFAULT');
  const rewrites =
    stored ||
    kinds.includes('CONSTR_IDENTITY') ||
    /^(small|big)?serial[248]?$/.test(type) ||
    isVolatile(child(value, 'raw_expr'));
  if (rewrites) return exclusiveRewrite;
  // A reference of a column that is NULL everywhere holds without looking; with a default PostgreSQL looks.
  const references = kinds.includes('CONSTR_FOREIGN') && value !== undefined;
  const reads = ['CONSTR_CHECK', 'CONSTR_UNIQUE', 'CONSTR_PRIMARY'].some((kind) => kinds.includes(kind));
  return reads || references ? exclusiveScan : exclusive;
}

function addConstraint(constraint: ParseNode | undefined): Impact {
  const unchecked = constraint?.skip_validation === true;
  switch (textOf(constraint, 'contype')) {
    case 'CONSTR_FOREIGN':
      return unchecked ? shareRow : { lock: 'SHARE ROW EXCLUSIVE', work: 'scan' };
    case 'CONSTR_CHECK':
    case 'CONSTR_NOTNULL':
      return unchecked ? exclusive : exclusiveScan;
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
    case 'CONSTR_EXCLUSION':
      return textOf(constraint, 'indexname') === undefined ? exclusiveScan : exclusive;
    default:
      return exclusive;
  }
}

function changesStorage(column: string, definition: ParseNode | undefined, facts: TableFacts | undefined): boolean {
  const from = facts?.columns[column];
  const to = typeName(child(definition, 'typeName'));
  // Without the live type nobody knows, and USING computes every value anew.
  return from === undefined || child(definition, 'raw_default') !== undefined || !keepsStorage(from, to);
}

/** Locks on tables that a clause only refers to. */
function othersOf(command: ParseNode): TableImpact[] {
  const definition = child(command, 'def');
  const subtype = textOf(command, 'subtype');
  if (subtype === 'AT_AddColumn')
    return referencedBy(wrapped(child(definition, 'ColumnDef'), 'constraints', 'Constraint'));
  const constraint = child(definition, 'Constraint');
  if (subtype === 'AT_AddConstraint' && constraint !== undefined) return referencedBy([constraint]);
  const partition = relationName(child(child(definition, 'PartitionCmd'), 'name'));
  if (partition === undefined) return [];
  if (subtype === 'AT_AttachPartition') return [{ table: partition, ...exclusiveScan }];
  return [{ table: partition, ...exclusive }];
}

/** A foreign key puts triggers on the table it refers to. Pure. */
export function referencedBy(constraints: readonly ParseNode[]): TableImpact[] {
  return constraints.flatMap((constraint): TableImpact[] => {
    const table: RelationName | undefined = relationName(child(constraint, 'pktable'));
    return table === undefined ? [] : [{ table, ...shareRow }];
  });
}
