import {
  child,
  children,
  identifier,
  keyOfPath,
  type ParseNode,
  qualified,
  relationKey,
  relationName,
  stringList,
  textOf,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding } from './statement-finding.ts';

/** A name that running code uses goes: RENAME, SET SCHEMA, RENAME VALUE. Pure. */
export function classifyRename(context: StatementContext): StatementFinding[] {
  const { kind, node } = context.statement;
  if (kind === 'AlterObjectSchemaStmt')
    return otherObject(context, textOf(node, 'objectType'), 'newschema', 'SET SCHEMA');
  if (kind === 'AlterEnumStmt') return renameValue(context);
  const table = relationName(child(node, 'relation'));
  const type = textOf(node, 'renameType');
  if (table === undefined || type === 'OBJECT_MATVIEW') return otherObject(context, type, 'newname', 'RENAME TO');
  if (!context.existing('relation', relationKey(table))) return [];
  const to = textOf(node, 'newname') ?? '';
  const { start } = context.statement;
  if (type === 'OBJECT_COLUMN') {
    const from = textOf(node, 'subname') ?? '';
    if (!context.existing('column', `${relationKey(table)}.${from}`)) return [];
    const correction = `add column ${to}, write both, copy the values, and drop ${from} in the next release`;
    const removes = [{ name: from, table: table.name }];
    const what = `RENAME COLUMN ${from} of ${qualified(table)} to ${to}`;
    return [contract(context, start, 'rename-column', what, { correction, removes })];
  }
  const shown = context.remade((made) => made.key === relationKey(table) && made.holdsRows === false);
  if ((type !== 'OBJECT_TABLE' && type !== 'OBJECT_VIEW') || shown) return [];
  const correction = `in the same file keep the old name for running code: CREATE VIEW ${qualified(table)} WITH (security_invoker = true) AS SELECT * FROM ${to}; in the next release drop the view`;
  const removes = [{ name: table.name }];
  return [contract(context, start, 'rename-table', `RENAME ${qualified(table)} to ${to}`, { correction, removes })];
}

const kinds = {
  OBJECT_TABLE: 'relation',
  OBJECT_VIEW: 'relation',
  OBJECT_MATVIEW: 'relation',
  OBJECT_FUNCTION: 'function',
  OBJECT_PROCEDURE: 'function',
  OBJECT_ROUTINE: 'function',
  OBJECT_TYPE: 'type',
  OBJECT_DOMAIN: 'type',
  OBJECT_SCHEMA: 'schema',
} as const;

function otherObject(
  context: StatementContext,
  type: string | undefined,
  target: 'newname' | 'newschema',
  words: string,
): StatementFinding[] {
  if (type === undefined || !(type in kinds)) return [];
  const { node, start } = context.statement;
  const kind = kinds[type as keyof typeof kinds];
  const path = pathOf(node);
  const key = kind === 'schema' ? (path[0] ?? '') : keyOfPath(path);
  if (!context.existing(kind, key)) return [];
  const what = `${words} ${textOf(node, target) ?? ''} of ${path.map(identifier).join('.')}`;
  const correction =
    'make the new name beside the old one, let the next release use it, and drop the old one when nothing deployed does';
  const removes = [{ name: path.at(-1) ?? '' }];
  return [contract(context, start, 'rename-object', what, { correction, removes })];
}

function pathOf(node: ParseNode): string[] {
  const relation = relationName(child(node, 'relation'));
  if (relation !== undefined) return relation.schema === undefined ? [relation.name] : [relation.schema, relation.name];
  const object = child(node, 'object');
  const routine = child(object, 'ObjectWithArgs');
  if (routine !== undefined) return stringList(children(routine, 'objname'));
  const list = child(object, 'List');
  if (list !== undefined) return stringList(children(list, 'items'));
  const schema = textOf(node, 'subname');
  return schema === undefined ? (object === undefined ? [] : stringList([object])) : [schema];
}

/** A label of an enumeration is a value that running code writes and reads. */
function renameValue(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const path = stringList(children(node, 'typeName'));
  if (textOf(node, 'oldVal') === undefined || !context.existing('type', keyOfPath(path))) return [];
  const correction = 'ADD VALUE with the new label, write it from the next release on, and change the rows then';
  const what = `RENAME VALUE of type ${path.map(identifier).join('.')}`;
  return [contract(context, start, 'rename-object', what, { correction })];
}
