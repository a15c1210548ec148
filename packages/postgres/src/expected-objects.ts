import {
  child,
  children,
  identifier,
  type ParseNode,
  type RelationName,
  relationName,
  stringList,
  textOf,
} from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import { droppedNames } from './statement-impact.ts';
import { tableCommands } from './statement-kinds.ts';

/** Something that has to be in the database after a migration. Without schema: in any. */
export interface ExpectedObject {
  kind: 'table' | 'view' | 'column' | 'index' | 'policy';
  schema?: string;
  name: string;
  /** The table of a column or policy. */
  on?: string;
}

const form = /^(table|view|index) (\S+)$|^(column) (\S+)\.([^\s.]+)$|^(policy) (.+) on (\S+)$/;

/** `table notes`, `column app.notes.title`, `index i`, `policy Users view own on notes`; undefined: none of these. Pure. */
export function parseObject(text: string): ExpectedObject | undefined {
  const [, kind, path, column, table, columnName, policy, policyName, on] = form.exec(text.trim()) ?? [];
  if (kind !== undefined && path !== undefined) return { kind: kind as 'table', ...split(path) };
  if (column !== undefined && table !== undefined) return member('column', split(table), columnName ?? '');
  return policy === undefined || on === undefined ? undefined : member('policy', split(on), policyName ?? '');
}

/** As `parseObject` reads it. Pure. */
export function describeObject({ kind, schema, name, on }: ExpectedObject): string {
  const prefix = schema === undefined ? '' : `${identifier(schema)}.`;
  if (kind === 'policy') return `policy ${name} on ${prefix}${on}`;
  return kind === 'column' ? `column ${prefix}${on}.${name}` : `${kind} ${prefix}${name}`;
}

/** What these statements, in order, leave behind by name. What functions and DO blocks make is not in their text. Pure. */
export function expectedObjects(statements: readonly ParsedStatement[]): ExpectedObject[] {
  let expected: ExpectedObject[] = [];
  const forget = (of: (object: ExpectedObject) => boolean) => {
    expected = expected.filter((object) => !of(object));
  };
  for (const statement of statements) {
    const { kind, node } = statement;
    // A name that moves, or what else a statement takes with it, is no longer ours to expect.
    if (kind === 'RenameStmt' || kind === 'AlterObjectSchemaStmt') forget((object) => touches(object, renamed(node)));
    else if (kind === 'DropStmt') {
      const type = textOf(node, 'removeType') ?? '';
      const names = droppedNames(node);
      if (node.behavior === 'DROP_CASCADE' || type === 'OBJECT_SCHEMA') expected = [];
      else if (type === 'OBJECT_POLICY')
        forget(({ on, name }) => names.some((one) => one.schema === on && one.name === name));
      else if (relations.has(type)) forget((object) => names.some((name) => touches(object, name)));
    } else {
      const gone = droppedColumns(statement);
      if (gone.length > 0) forget((object) => gone.some(({ on, name }) => object.on === on && object.name === name));
      expected.push(...made(statement));
    }
  }
  return expected;
}

const relations = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_INDEX']);

function made({ kind, node }: ParsedStatement): ExpectedObject[] {
  const relation = (key: string) => relationName(child(node, key));
  switch (kind) {
    case 'CreateStmt':
      return ofRelation('table', relation('relation'), child(node, 'relation'));
    case 'ViewStmt':
      return ofRelation('view', relation('view'), child(node, 'view'));
    case 'IndexStmt': {
      const table = relation('relation');
      const name = textOf(node, 'idxname');
      const schema = table?.schema === undefined ? {} : { schema: table.schema };
      return name === undefined ? [] : [{ kind: 'index', ...schema, name }];
    }
    case 'CreatePolicyStmt': {
      const table = relation('table');
      return table === undefined ? [] : [member('policy', table, textOf(node, 'policy_name') ?? '')];
    }
    case 'AlterTableStmt': {
      const table = relation('relation');
      if (table === undefined) return [];
      return tableCommands(node).flatMap((command): ExpectedObject[] => {
        const name = textOf(child(child(command, 'def'), 'ColumnDef'), 'colname');
        return textOf(command, 'subtype') === 'AT_AddColumn' && name !== undefined
          ? [member('column', table, name)]
          : [];
      });
    }
    default:
      return [];
  }
}

/** Temporary relations are gone with the session. */
function ofRelation(kind: 'table' | 'view', relation: RelationName | undefined, node: ParseNode | undefined) {
  return relation === undefined || node?.relpersistence === 't' ? [] : [{ kind, ...relation }];
}

function droppedColumns({ kind, node }: ParsedStatement): { on: string; name: string }[] {
  const on = relationName(child(node, 'relation'))?.name;
  if (kind !== 'AlterTableStmt' || on === undefined) return [];
  return tableCommands(node)
    .filter((command) => textOf(command, 'subtype') === 'AT_DropColumn')
    .map((command) => ({ on, name: textOf(command, 'name') ?? '' }));
}

function renamed(node: ParseNode): RelationName {
  const last = stringList(children(child(child(node, 'object'), 'List'), 'items')).at(-1);
  return relationName(child(node, 'relation')) ?? { name: last ?? '' };
}

function touches(object: ExpectedObject, name: RelationName): boolean {
  return object.name === name.name || object.on === name.name;
}

function member(kind: 'column' | 'policy', table: RelationName, name: string): ExpectedObject {
  return { kind, ...(table.schema === undefined ? {} : { schema: table.schema }), on: table.name, name };
}

function split(path: string): RelationName {
  const [name = '', schema] = path.split('.').reverse();
  return schema === undefined ? { name } : { schema, name };
}
