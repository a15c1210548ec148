import type { MigrationFile } from './read-migrations.ts';
import {
  child,
  children,
  type ParseNode,
  type RelationName,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';
import { droppedNames } from './statement-impact.ts';
import { tableCommands } from './statement-kinds.ts';

export interface Place {
  file: string;
  line: number;
}

/** What files say about one table, in their order; what they leave out (functions, other schemas' defaults) is not in it. */
export interface SketchedTable {
  name: RelationName;
  /** Where it is made; absent: it was there before these files. */
  made?: Place;
  rowSecurity: boolean;
  policies: Set<string>;
  /** Given to anon, authenticated or everybody by name. */
  granted: boolean;
  foreignKeys: { name: string | undefined; columns: string[]; place: Place }[];
  /** Columns of every index that covers all rows, in their order; an expression has no name. */
  indexes: { name: string | undefined; columns: string[] }[];
  /** Made LIKE another one: nobody reads here which indexes came along. */
  copied: boolean;
}

export interface SchemaSketch {
  tables: Map<string, SketchedTable>;
  /** Code in the files switches row level security on, for tables that nobody can tell from here. */
  securesItself: boolean;
}

/** Tables, keys, indexes and policies as these files leave them. Files that cannot be parsed are left out. Pure given the parser. */
export function sketchSchema(files: readonly Pick<MigrationFile, 'file' | 'sql'>[], parser: SqlParser): SchemaSketch {
  const sketch: SchemaSketch = { tables: new Map(), securesItself: false };
  for (const { file, sql } of files) {
    const parsed = parser.parse(sql);
    if ('error' in parsed) continue;
    for (const statement of parsed.file.statements)
      addStatement(sketch, statement, () => ({ file, line: lineOf(sql, statement) }));
  }
  return sketch;
}

/** The span of a statement begins with the comments before it. */
function lineOf(sql: string, { start, end }: ParsedStatement): number {
  const text = sql.slice(start, end);
  const lead = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/.exec(text)?.[0].length ?? 0;
  return lineAndColumn(sql, start + lead).line;
}

function addStatement(sketch: SchemaSketch, { kind, node }: ParsedStatement, place: () => Place): void {
  switch (kind) {
    case 'CreateStmt':
      makeTable(sketch, node, place());
      break;
    case 'CreateTableAsStmt': {
      const into = child(child(node, 'into'), 'rel');
      if (node.objtype !== 'OBJECT_MATVIEW') make(sketch, into, place());
      break;
    }
    case 'AlterTableStmt':
      alter(sketch, node, place());
      break;
    case 'IndexStmt': {
      const table = tableAt(sketch, child(node, 'relation'));
      const columns = wrapped(node, 'indexParams', 'IndexElem').map((one) => textOf(one, 'name') ?? '');
      if (node.whereClause === undefined) table?.indexes.push({ name: textOf(node, 'idxname'), columns });
      break;
    }
    case 'CreatePolicyStmt':
      tableAt(sketch, child(node, 'table'))?.policies.add(textOf(node, 'policy_name') ?? '');
      break;
    case 'GrantStmt':
      grant(sketch, node);
      break;
    case 'DropStmt':
      drop(sketch, node);
      break;
    case 'RenameStmt':
    case 'AlterObjectSchemaStmt':
      rename(sketch, node);
      break;
    case 'DoStmt':
    case 'CreateFunctionStmt':
      if (/enable\s+row\s+level\s+security/i.test(JSON.stringify(node))) sketch.securesItself = true;
      break;
    default:
      break;
  }
}

function tableAt({ tables }: SchemaSketch, relation: ParseNode | undefined): SketchedTable | undefined {
  const name = relationName(relation);
  if (name === undefined) return undefined;
  const known = tables.get(relationKey(name));
  if (known !== undefined) return known;
  const table: SketchedTable = {
    name,
    rowSecurity: false,
    policies: new Set(),
    granted: false,
    foreignKeys: [],
    indexes: [],
    copied: false,
  };
  tables.set(relationKey(name), table);
  return table;
}

/** A temporary table is gone with the session, and nobody else sees it. */
function make(sketch: SchemaSketch, relation: ParseNode | undefined, place: Place): SketchedTable | undefined {
  if (relation?.relpersistence === 't') return undefined;
  const table = tableAt(sketch, relation);
  if (table !== undefined) table.made ??= place;
  return table;
}

function makeTable(sketch: SchemaSketch, node: ParseNode, place: Place): void {
  const table = make(sketch, child(node, 'relation'), place);
  if (table === undefined) return;
  for (const column of wrapped(node, 'tableElts', 'ColumnDef')) addColumn(table, column, place);
  for (const constraint of wrapped(node, 'tableElts', 'Constraint')) addConstraint(table, constraint, place);
  if (wrapped(node, 'tableElts', 'TableLikeClause').length > 0) table.copied = true;
}

function addColumn(table: SketchedTable, column: ParseNode, place: Place): void {
  const own = textOf(column, 'colname') ?? '';
  for (const constraint of wrapped(column, 'constraints', 'Constraint')) addConstraint(table, constraint, place, own);
}

function addConstraint(table: SketchedTable, constraint: ParseNode, place: Place, column?: string): void {
  const name = textOf(constraint, 'conname');
  const columns = (key: string) => (column === undefined ? stringList(children(constraint, key)) : [column]);
  switch (textOf(constraint, 'contype')) {
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      table.indexes.push({ name, columns: columns('keys') });
      return;
    case 'CONSTR_FOREIGN':
      table.foreignKeys.push({ name, columns: columns('fk_attrs'), place });
      return;
    default:
      return;
  }
}

function alter(sketch: SchemaSketch, node: ParseNode, place: Place): void {
  const table = tableAt(sketch, child(node, 'relation'));
  if (table === undefined) return;
  for (const command of tableCommands(node)) {
    const name = textOf(command, 'name') ?? '';
    const column = child(child(command, 'def'), 'ColumnDef');
    const constraint = child(child(command, 'def'), 'Constraint');
    switch (textOf(command, 'subtype')) {
      case 'AT_EnableRowSecurity':
        table.rowSecurity = true;
        break;
      case 'AT_DisableRowSecurity':
        table.rowSecurity = false;
        break;
      case 'AT_AddColumn':
        if (column !== undefined) addColumn(table, column, place);
        break;
      case 'AT_AddConstraint':
        if (constraint !== undefined) addConstraint(table, constraint, place);
        break;
      case 'AT_DropColumn':
        table.foreignKeys = table.foreignKeys.filter(({ columns }) => !columns.includes(name));
        table.indexes = table.indexes.filter(({ columns }) => !columns.includes(name));
        break;
      case 'AT_DropConstraint':
        table.foreignKeys = table.foreignKeys.filter((key) => key.name !== name);
        table.indexes = table.indexes.filter((index) => index.name !== name);
        break;
      default:
        break;
    }
  }
}

function grant(sketch: SchemaSketch, node: ParseNode): void {
  const visitors = wrapped(node, 'grantees', 'RoleSpec').some(
    (role) => role.roletype === 'ROLESPEC_PUBLIC' || /^(anon|authenticated)$/.test(textOf(role, 'rolename') ?? ''),
  );
  if (node.is_grant !== true || node.objtype !== 'OBJECT_TABLE' || !visitors) return;
  const whole = new Set(stringList(children(node, 'objects')));
  const named =
    node.targtype === 'ACL_TARGET_ALL_IN_SCHEMA'
      ? [...sketch.tables.values()].filter(({ name }) => whole.has(name.schema ?? 'public'))
      : wrapped(node, 'objects', 'RangeVar').map((relation) => tableAt(sketch, relation));
  for (const table of named) if (table !== undefined) table.granted = true;
}

function drop({ tables }: SchemaSketch, node: ParseNode): void {
  switch (textOf(node, 'removeType')) {
    case 'OBJECT_TABLE':
      for (const name of droppedNames(node)) tables.delete(relationKey(name));
      return;
    case 'OBJECT_POLICY': {
      const [table] = droppedNames(node, 1);
      const policy = stringList(children(child(children(node, 'objects')[0], 'List'), 'items')).at(-1) ?? '';
      if (table !== undefined) tables.get(relationKey(table))?.policies.delete(policy);
      return;
    }
    case 'OBJECT_INDEX': {
      const gone = new Set(droppedNames(node).map(({ name }) => name));
      for (const table of tables.values())
        table.indexes = table.indexes.filter(({ name }) => name === undefined || !gone.has(name));
      return;
    }
    default:
      return;
  }
}

/** The table, or one of its columns, by another name; or the table in another schema. */
function rename({ tables }: SchemaSketch, node: ParseNode): void {
  const from = relationName(child(node, 'relation'));
  const table = from === undefined ? undefined : tables.get(relationKey(from));
  const to = textOf(node, 'newname');
  const schema = textOf(node, 'newschema');
  if (from === undefined || table === undefined) return;
  if (textOf(node, 'renameType') === 'OBJECT_COLUMN') {
    const old = textOf(node, 'subname');
    for (const { columns } of [...table.foreignKeys, ...table.indexes])
      columns.splice(0, columns.length, ...columns.map((column) => (column === old ? (to ?? '') : column)));
    return;
  }
  const ofTable = textOf(node, 'renameType') === 'OBJECT_TABLE' || textOf(node, 'objectType') === 'OBJECT_TABLE';
  if (!ofTable) return;
  tables.delete(relationKey(from));
  table.name = { ...from, ...(to === undefined ? {} : { name: to }), ...(schema === undefined ? {} : { schema }) };
  tables.set(relationKey(table.name), table);
}
