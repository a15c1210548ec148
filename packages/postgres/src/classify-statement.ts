import type { MigrationPhase } from './classify-migrations.ts';
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
import type { ParsedStatement } from './sql-parser.ts';

export interface StatementFinding {
  /** UTF-16 offset of the offending clause. */
  offset: number;
  rule: string;
  severity: 'refuse' | 'warn';
  message: string;
  correction: string;
}

export interface StatementContext {
  sql: string;
  statement: ParsedStatement;
  /** False for relations that a pending file creates before this statement. */
  existing(key: string): boolean;
  phase: MigrationPhase;
}

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

/** What one statement does to a database that serves traffic. Pure. */
export function classifyStatement(context: StatementContext): StatementFinding[] {
  const { kind, node, start } = context.statement;
  switch (kind) {
    case 'TransactionStmt':
      return transaction(context);
    case 'AlterTableStmt':
      return alterTable(context);
    case 'DropStmt':
      return drop(context);
    case 'RenameStmt':
      return rename(context);
    case 'IndexStmt': {
      const table = relationName(child(node, 'relation'));
      if (node.concurrent === true && textOf(node, 'idxname') === undefined) return unnamedIndex(start);
      if (node.concurrent === true || table === undefined || !context.existing(relationKey(table))) return [];
      const message = `CREATE INDEX without CONCURRENTLY stops every write to ${qualified(table)} while it builds`;
      const text = context.sql.slice(start, context.statement.end).trim();
      const correction = `${text.replace(/\bindex\b/i, (word) => `${word} ${word === 'INDEX' ? 'CONCURRENTLY' : 'concurrently'}`)};\n(alone in a migration file of its own, trap 11)`;
      return [{ offset: start, rule: 'index-not-concurrent', severity: 'warn', message, correction }];
    }
    default:
      return [];
  }
}

function unnamedIndex(offset: number): StatementFinding[] {
  const message =
    'an index that is built concurrently and has no name of its own cannot be recognised after an interruption';
  const correction = 'give the index a name: CREATE INDEX CONCURRENTLY <name> ON …';
  return [{ offset, rule: 'concurrent-index-unnamed', severity: 'refuse', message, correction }];
}

function transaction(context: StatementContext): StatementFinding[] {
  const message = 'the file controls transactions itself, so a failure could leave half of it applied and unrecorded';
  const correction = 'remove BEGIN, COMMIT and ROLLBACK: each file already runs in one transaction of its own';
  return [{ offset: context.statement.start, rule: 'explicit-transaction', severity: 'refuse', message, correction }];
}

const laterRelease = 'code that is deployed now may still use it until the new deployment is promoted (trap 6)';

/** A statement that removes what old code needs: refused before a promotion, a warning when run by hand. */
function contract(
  context: StatementContext,
  offset: number,
  rule: string,
  what: string,
  correction?: string,
): StatementFinding {
  const severity = context.phase === 'expand' ? 'refuse' : 'warn';
  const advice =
    'put it into a migration of the next release, when nothing deployed uses it any more, and apply that with phase: all';
  return {
    offset,
    rule,
    severity,
    message: `${what}: ${laterRelease}; it belongs into the next release`,
    correction: correction ?? advice,
  };
}

function drop(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const kinds: Record<string, string> = {
    OBJECT_TABLE: 'DROP TABLE',
    OBJECT_VIEW: 'DROP VIEW',
    OBJECT_MATVIEW: 'DROP MATERIALIZED VIEW',
    OBJECT_SCHEMA: 'DROP SCHEMA',
  };
  const words = kinds[textOf(node, 'removeType') ?? ''];
  if (words === undefined) return [];
  const names = children(node, 'objects').map((object) => {
    const parts =
      child(object, 'List') === undefined ? stringList([object]) : stringList(children(child(object, 'List'), 'items'));
    const [schema, name] = parts.length > 1 ? parts.slice(-2) : [undefined, parts[0]];
    return (schema === undefined ? { name: name ?? '' } : { schema, name: name ?? '' }) satisfies RelationName;
  });
  // DROP VIEW followed by CREATE VIEW is how views are replaced: within one transaction nobody sees it gone.
  const severe = names.filter((name) => context.existing(relationKey(name)));
  if (severe.length === 0) return [];
  const finding = contract(
    context,
    start,
    `drop-${words.slice(5).toLowerCase().replaceAll(' ', '-')}`,
    `${words} ${severe.map(qualified).join(', ')}`,
  );
  return [words.endsWith('VIEW') ? { ...finding, severity: 'warn' } : finding];
}

function rename(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const table = relationName(child(node, 'relation'));
  const type = textOf(node, 'renameType');
  if (table === undefined || !context.existing(relationKey(table))) return [];
  const to = textOf(node, 'newname') ?? '';
  if (type === 'OBJECT_COLUMN') {
    const from = textOf(node, 'subname') ?? '';
    const correction = `add column ${to}, write both, copy the values, and drop ${from} in the next release`;
    return [
      contract(context, start, 'rename-column', `RENAME COLUMN ${from} of ${qualified(table)} to ${to}`, correction),
    ];
  }
  if (type !== 'OBJECT_TABLE' && type !== 'OBJECT_VIEW') return [];
  const correction = `after the rename keep the old name for running code: CREATE VIEW ${qualified(table)} WITH (security_invoker = true) AS SELECT * FROM ${to}; in the next release drop the view`;
  return [contract(context, start, 'rename-table', `RENAME ${qualified(table)} to ${to}`, correction)];
}

function tableCommands(node: ParseNode): ParseNode[] {
  return wrapped(node, 'cmds', 'AlterTableCmd');
}

function alterTable(context: StatementContext): StatementFinding[] {
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
