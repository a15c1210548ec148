import { alterTable } from './classify-table.ts';
import { classifyTransaction } from './classify-transaction.ts';
import {
  child,
  children,
  qualified,
  type RelationName,
  relationKey,
  relationName,
  stringList,
  textOf,
} from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding } from './statement-finding.ts';

/** What one statement does to a database that serves traffic. Pure. */
export function classifyStatement(context: StatementContext): StatementFinding[] {
  const { kind, node, start } = context.statement;
  switch (kind) {
    case 'TransactionStmt':
      return classifyTransaction(context);
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
  const severe = names.filter((name) => context.existing(relationKey(name)) && !context.recreated(relationKey(name)));
  if (severe.length === 0) return [];
  return [
    contract(
      context,
      start,
      `drop-${words.slice(5).toLowerCase().replaceAll(' ', '-')}`,
      `${words} ${severe.map(qualified).join(', ')}`,
    ),
  ];
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
  if ((type !== 'OBJECT_TABLE' && type !== 'OBJECT_VIEW') || context.recreated(relationKey(table))) return [];
  const correction = `in the same file keep the old name for running code: CREATE VIEW ${qualified(table)} WITH (security_invoker = true) AS SELECT * FROM ${to}; in the next release drop the view`;
  return [contract(context, start, 'rename-table', `RENAME ${qualified(table)} to ${to}`, correction)];
}
