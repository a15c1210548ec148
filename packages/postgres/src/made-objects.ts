import { accessObjects, rightKey, roleNames } from './access-objects.ts';
import {
  child,
  children,
  keyOfPath,
  type ParseNode,
  type RelationName,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import { tableCommands } from './statement-kinds.ts';
import { typeName } from './type-name.ts';

export type ObjectKind =
  | 'relation'
  | 'column'
  | 'default'
  | 'policy'
  | 'function'
  | 'type'
  | 'schema'
  | 'extension'
  | 'role'
  /** What a role may do with an object. */
  | 'right';

/** Something that a statement makes. Tables, views and sequences share their names (`relation`), as in PostgreSQL. */
export interface MadeObject {
  kind: ObjectKind;
  /** `public.notes`; `public.notes.title` of a column, its default, a policy; the name alone of a schema, extension or role; of a right see `rightKey`. */
  key: string;
  /** Of a relation: a view shows rows, a table holds them. */
  holdsRows?: boolean;
  /** Of a function: what callers pass. */
  parameters?: { type: string; optional: boolean }[];
  /** Of a policy: RESTRICTIVE ones allow nothing by themselves. */
  restrictive?: boolean;
  /** Of a policy: `select`, or `all`. */
  command?: string;
  /** With IF NOT EXISTS or OR REPLACE it may have been there before. */
  perhaps: boolean;
}

/** What a statement makes by name. Pure. */
export function madeObjects({ kind, node }: ParsedStatement): MadeObject[] {
  const relation = (name: RelationName | undefined, holdsRows: boolean, perhaps: boolean): MadeObject[] =>
    name === undefined ? [] : [{ kind: 'relation', key: relationKey(name), holdsRows, perhaps }];
  switch (kind) {
    case 'CreateStmt':
      return relation(relationName(child(node, 'relation')), true, node.if_not_exists === true);
    case 'CreateTableAsStmt': {
      const name = relationName(child(child(node, 'into'), 'rel'));
      return relation(name, node.objtype !== 'OBJECT_MATVIEW', node.if_not_exists === true);
    }
    case 'ViewStmt':
      return relation(relationName(child(node, 'view')), false, node.replace === true);
    case 'CreateSeqStmt':
      return relation(relationName(child(node, 'sequence')), false, node.if_not_exists === true);
    case 'CreateFunctionStmt': {
      const key = keyOfPath(stringList(children(node, 'funcname')));
      const parameters = wrapped(node, 'parameters', 'FunctionParameter')
        .filter(({ mode }) => mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE')
        .map((one) => ({ type: typeName(child(one, 'argType')), optional: one.defexpr !== undefined }));
      return [{ kind: 'function', key, parameters, perhaps: node.replace === true }];
    }
    case 'CreateEnumStmt':
    case 'CreateRangeStmt':
      return [{ kind: 'type', key: keyOfPath(stringList(children(node, 'typeName'))), perhaps: false }];
    case 'CreateDomainStmt':
      return [{ kind: 'type', key: keyOfPath(stringList(children(node, 'domainname'))), perhaps: false }];
    case 'CompositeTypeStmt': {
      const name = relationName(child(node, 'typevar'));
      return name === undefined ? [] : [{ kind: 'type', key: relationKey(name), perhaps: false }];
    }
    case 'CreateSchemaStmt':
      return [{ kind: 'schema', key: textOf(node, 'schemaname') ?? '', perhaps: node.if_not_exists === true }];
    case 'CreateExtensionStmt':
      return [{ kind: 'extension', key: textOf(node, 'extname') ?? '', perhaps: node.if_not_exists === true }];
    case 'CreateForeignTableStmt': {
      const base = child(node, 'base');
      return relation(relationName(child(base, 'relation')), false, base?.if_not_exists === true);
    }
    case 'CreatePolicyStmt': {
      const table = relationName(child(node, 'table'));
      const name = textOf(node, 'policy_name') ?? '';
      const key = table === undefined ? '' : `${relationKey(table)}.${name}`;
      const command = textOf(node, 'cmd_name') ?? 'all';
      return table === undefined
        ? []
        : [{ kind: 'policy', key, restrictive: node.permissive !== true, command, perhaps: false }];
    }
    case 'CreateRoleStmt':
      return [{ kind: 'role', key: textOf(node, 'role') ?? '', perhaps: false }];
    case 'AlterTableStmt':
      return ofColumns(node);
    case 'GrantStmt': {
      if (node.is_grant !== true) return [];
      const objects = accessObjects(node).flatMap((one) => one ?? []);
      return roleNames(node, 'grantees').flatMap((role) =>
        objects.map((one): MadeObject => ({ kind: 'right', key: rightKey(one, role), perhaps: false })),
      );
    }
    default:
      return [];
  }
}

/** No expression, or NULL of whatever type: the column has no default then. Pure. */
export function isNull(expression: ParseNode | undefined): boolean {
  const cast = child(expression, 'TypeCast');
  if (cast !== undefined) return isNull(child(cast, 'arg'));
  return expression === undefined || child(expression, 'A_Const')?.isnull === true;
}

function ofColumns(node: ParseNode): MadeObject[] {
  const table = relationName(child(node, 'relation'));
  if (table === undefined) return [];
  return tableCommands(node).flatMap((command): MadeObject[] => {
    const subtype = textOf(command, 'subtype');
    const own = textOf(command, 'name') ?? '';
    if (subtype === 'AT_AddIdentity' || (subtype === 'AT_ColumnDefault' && !isNull(child(command, 'def'))))
      return [{ kind: 'default', key: `${relationKey(table)}.${own}`, perhaps: false }];
    const name = textOf(child(child(command, 'def'), 'ColumnDef'), 'colname');
    if (subtype !== 'AT_AddColumn' || name === undefined) return [];
    return [{ kind: 'column', key: `${relationKey(table)}.${name}`, perhaps: command.missing_ok === true }];
  });
}
