import { correctAddColumn } from './correct-add-column.ts';
import {
  child,
  children,
  offsetOfNode,
  type ParseNode,
  qualified,
  type RelationName,
  relationKey,
  relationName,
  stringList,
  textOf,
  wrapped,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding } from './statement-finding.ts';
import { tableCommands } from './statement-kinds.ts';

/** What an ALTER TABLE does to code that runs and to rows that exist. Pure. */
export function alterTable(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const table = relationName(child(node, 'relation'));
  if (table === undefined || node.objtype !== 'OBJECT_TABLE' || !context.existing(relationKey(table))) return [];
  const name = qualified(table);
  const commands = tableCommands(node);
  // ADD COLUMN … followed by ALTER COLUMN … SET DEFAULT in one statement does not help: rows are filled by ADD COLUMN.
  return commands.flatMap((command): StatementFinding[] => {
    const column = textOf(command, 'name') ?? '';
    const definition = child(child(command, 'def'), 'ColumnDef');
    switch (textOf(command, 'subtype')) {
      case 'AT_AddColumn':
        return definition === undefined ? [] : addColumn(context, table, definition);
      case 'AT_DropColumn':
        return [contract(context, start, 'drop-column', `DROP COLUMN ${column} of ${name}`)];
      case 'AT_AlterColumnType':
        return [columnType(context, name, column, definition)];
      case 'AT_SetNotNull': {
        const message = `SET NOT NULL on ${column} of ${name} reads the whole table under an exclusive lock and fails when one row is NULL`;
        const correction = `ALTER TABLE ${name} ADD CONSTRAINT ${table.name}_${column}_not_null CHECK (${column} IS NOT NULL) NOT VALID; in a later file VALIDATE CONSTRAINT, then SET NOT NULL`;
        return [{ offset: start, rule: 'set-not-null', severity: 'warn', message, correction }];
      }
      default:
        return [];
    }
  });
}

function addColumn(context: StatementContext, table: RelationName, column: ParseNode): StatementFinding[] {
  const constraints = wrapped(column, 'constraints', 'Constraint');
  const has = (kind: string) => constraints.some((constraint) => constraint.contype === kind);
  const required = has('CONSTR_NOTNULL') || has('CONSTR_PRIMARY');
  const type = stringList(children(child(column, 'typeName'), 'names')).at(-1) ?? '';
  const fills = has('CONSTR_IDENTITY') || has('CONSTR_GENERATED') || /^(small|big)?serial[248]?$/.test(type);
  const value = constraints.find((constraint) => constraint.contype === 'CONSTR_DEFAULT');
  const isNull = child(child(value, 'raw_expr'), 'A_Const')?.isnull === true;
  if (!required || fills || (value !== undefined && !isNull)) return [];
  const message = `column ${String(column.colname)} of ${qualified(table)} is NOT NULL without a default: rows that exist cannot have it, and INSERTs of the code that runs now would fail`;
  return [
    {
      offset: offsetOfNode(context.statement, column),
      rule: 'not-null-without-default',
      severity: 'refuse',
      message,
      correction: correctAddColumn(context.sql, context.statement, table, column),
    },
  ];
}

/** Types that take every value of every shorter or narrower one; whether the old one is narrower is not in the file. */
function columnType(
  context: StatementContext,
  table: string,
  column: string,
  definition: ParseNode | undefined,
): StatementFinding {
  const typeName = child(definition, 'typeName');
  const type = stringList(children(typeName, 'names')).at(-1) ?? '';
  const offset = offsetOfNode(context.statement, definition);
  const wide = (type === 'text' || type === 'varchar') && children(typeName, 'typmods').length === 0;
  const using = child(definition, 'raw_default') !== undefined;
  const widens =
    !using && (wide || type === 'int8' || (type === 'numeric' && children(typeName, 'typmods').length === 0));
  if (widens) {
    const message = `ALTER COLUMN ${column} of ${table} to ${type} may rewrite the table under an exclusive lock`;
    const correction =
      'fine for a small table; for a large one add a new column, copy in batches, switch in the next release';
    return { offset, rule: 'type-change', severity: 'warn', message, correction };
  }
  return contract(
    context,
    offset,
    'type-narrowing',
    `ALTER COLUMN ${column} of ${table} to ${type} can reject values that running code writes`,
  );
}
