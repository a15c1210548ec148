import { longWork } from './long-work.ts';
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
import type { ParsedStatement } from './sql-parser.ts';
import type { FactsOf } from './table-facts.ts';
import { referencedBy, tableImpacts } from './table-impact.ts';
import { type Impact, type LockMode, lockModes, type TableImpact } from './table-lock.ts';

const none: FactsOf = () => undefined;

/**
 * Every lock that a statement takes on a relation it names, and whether it reads or rewrites the rows meanwhile; from
 * PostgreSQL's documentation of Explicit Locking and of each command. `facts` sharpens what depends on the live table.
 * Pure. What a statement runs besides itself is `embeddedCode`; what functions and triggers do inside is in nobody's text.
 */
export function statementImpact(statement: ParsedStatement, facts: FactsOf = none): TableImpact[] {
  const { kind, node } = statement;
  const on = (key: string, lock: LockMode, work: Impact['work'] = 'none') => named(child(node, key), { lock, work });
  switch (kind) {
    case 'AlterTableStmt': {
      const table = relationName(child(node, 'relation'));
      return node.objtype !== 'OBJECT_TABLE' || table === undefined ? [] : tableImpacts(node, facts(table));
    }
    case 'RenameStmt':
      return textOf(node, 'renameType') === 'OBJECT_INDEX'
        ? on('relation', 'SHARE UPDATE EXCLUSIVE')
        : on('relation', 'ACCESS EXCLUSIVE');
    case 'AlterObjectSchemaStmt':
    case 'AlterPolicyStmt':
    case 'CreatePolicyStmt':
    case 'RuleStmt':
      return on(kind.endsWith('PolicyStmt') ? 'table' : 'relation', 'ACCESS EXCLUSIVE');
    case 'IndexStmt':
      return on('relation', node.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'scan');
    case 'CreateTrigStmt':
      return [...on('relation', 'SHARE ROW EXCLUSIVE'), ...on('constrrel', 'SHARE ROW EXCLUSIVE')];
    case 'CreateStmt':
      return createTable(node);
    case 'CreateStatsStmt':
      return children(node, 'relations').flatMap((one) =>
        named(child(one, 'RangeVar'), { lock: 'SHARE UPDATE EXCLUSIVE', work: 'none' }),
      );
    case 'ReindexStmt':
      return on('relation', isConcurrent(node) ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'scan');
    case 'VacuumStmt':
      return vacuum(node);
    case 'ClusterStmt':
      return on('relation', 'ACCESS EXCLUSIVE', 'rewrite');
    case 'RefreshMatViewStmt':
      // Nobody but another refresh writes to a materialized view, so CONCURRENTLY keeps nobody waiting.
      return node.concurrent === true ? on('relation', 'EXCLUSIVE') : on('relation', 'ACCESS EXCLUSIVE', 'rewrite');
    case 'TruncateStmt':
      return ranges(node, 'ACCESS EXCLUSIVE');
    case 'LockStmt':
      return ranges(node, lockModes[Number(node.mode) - 1] ?? 'ACCESS EXCLUSIVE');
    case 'InsertStmt':
      return on('relation', 'ROW EXCLUSIVE');
    case 'UpdateStmt':
    case 'DeleteStmt':
      return on('relation', 'ROW EXCLUSIVE', node.whereClause === undefined ? 'scan' : 'none');
    case 'MergeStmt':
      return on('relation', 'ROW EXCLUSIVE');
    case 'CopyStmt':
      return on(
        'relation',
        node.is_from === true ? 'ROW EXCLUSIVE' : 'ACCESS SHARE',
        node.is_from === true ? 'none' : 'scan',
      );
    case 'DropStmt':
      return drop(node);
    default:
      return [];
  }
}

function named(relation: ParseNode | undefined, impact: Impact): TableImpact[] {
  const table = relationName(relation);
  return table === undefined ? [] : [{ table, ...impact }];
}

function ranges(node: ParseNode, lock: LockMode): TableImpact[] {
  return children(node, 'relations').flatMap((one) => named(child(one, 'RangeVar'), { lock, work: 'none' }));
}

function createTable(node: ParseNode): TableImpact[] {
  const constraints = [
    ...wrapped(node, 'tableElts', 'ColumnDef').flatMap((column) => wrapped(column, 'constraints', 'Constraint')),
    ...wrapped(node, 'tableElts', 'Constraint'),
  ];
  const lock = node.partbound === undefined ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
  const parents = wrapped(node, 'inhRelations', 'RangeVar').flatMap((one) => named(one, { lock, work: 'none' }));
  return [...parents, ...referencedBy(constraints)];
}

/** True with CONCURRENTLY among the options in parentheses or before the name. */
function isConcurrent(node: ParseNode): boolean {
  return wrapped(node, 'params', 'DefElem').some((option) => option.defname === 'concurrently');
}

function vacuum(node: ParseNode): TableImpact[] {
  const full = wrapped(node, 'options', 'DefElem').some((option) => option.defname === 'full');
  const impact: Impact = full
    ? { lock: 'ACCESS EXCLUSIVE', work: 'rewrite' }
    : { lock: 'SHARE UPDATE EXCLUSIVE', work: 'scan' };
  return wrapped(node, 'rels', 'VacuumRelation').flatMap((one) => named(child(one, 'relation'), impact));
}

/** Names of a DROP: of a trigger, policy or rule the table stands before the name. */
function drop(node: ParseNode): TableImpact[] {
  const type = textOf(node, 'removeType') ?? '';
  const onTable = ['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'].includes(type);
  const relation = ['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_MATVIEW'].includes(type);
  if (!onTable && !relation) return [];
  const lock = node.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
  return droppedNames(node, onTable ? 1 : 0).map((table) => ({ table, lock, work: 'none' as const }));
}

/** The relations that a DROP names; `after` parts follow the relation's own name. Pure. */
export function droppedNames(node: ParseNode, after = 0): RelationName[] {
  return children(node, 'objects').flatMap((object): RelationName[] => {
    const items = child(object, 'List');
    const parts = items === undefined ? stringList([object]) : stringList(children(items, 'items'));
    const [name, schema] = parts.slice(0, parts.length - after).reverse();
    if (name === undefined) return [];
    return [schema === undefined ? { name } : { schema, name }];
  });
}

/** Every relation that these statements lock or go through. Pure. */
export function relationsOf(statements: readonly ParsedStatement[]): RelationName[] {
  return statements.flatMap((statement) =>
    [...statementImpact(statement), ...longWork(statement)].map(({ table }) => table),
  );
}
