import { alterTable } from './classify-table.ts';
import { classifyTransaction } from './classify-transaction.ts';
import { classifyUpkeep } from './classify-upkeep.ts';
import { child, qualified, relationKey, relationName, textOf } from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { droppedNames, statementImpact } from './statement-impact.ts';
import { blockedBy } from './table-lock.ts';

/** What one statement does to a database that serves traffic. Pure. */
export function classifyStatement(context: StatementContext): StatementFinding[] {
  const found = judge(context);
  return found.length > 0 ? found : remainder(context);
}

function judge(context: StatementContext): StatementFinding[] {
  switch (context.statement.kind) {
    case 'TransactionStmt':
      return classifyTransaction(context);
    case 'AlterTableStmt':
      return alterTable(context);
    case 'DropStmt':
      return drop(context);
    case 'RenameStmt':
      return rename(context);
    case 'IndexStmt':
      return index(context);
    default:
      return classifyUpkeep(context);
  }
}

/** Whatever keeps others waiting while it reads or writes a whole table is said, also where no rule knows its form. */
function remainder(context: StatementContext): StatementFinding[] {
  const { statement } = context;
  const [impact] = statementImpact(statement, context.facts).filter(
    ({ table, lock, work }) => work !== 'none' && blockedBy(lock) !== 'nothing' && context.existing(relationKey(table)),
  );
  if (impact === undefined || statement.kind === 'AlterTableStmt') return [];
  const work = impact.work === 'rewrite' ? 'writes all of' : 'reads all of';
  const whom = blockedBy(impact.lock) === 'everything' ? 'reads and writes' : 'writes';
  const message = `the statement ${work} ${qualified(impact.table)} while its ${whom} wait`;
  const rule = impact.work === 'rewrite' ? 'blocking-rewrite' : 'blocking-scan';
  return [warning(statement.start, rule, message, 'run it when little is written, or in smaller steps', impact)];
}

function index(context: StatementContext): StatementFinding[] {
  const { node, start, end } = context.statement;
  const table = relationName(child(node, 'relation'));
  if (node.concurrent === true && textOf(node, 'idxname') === undefined) return unnamedIndex(start);
  if (node.concurrent === true || table === undefined || !context.existing(relationKey(table))) return [];
  const message = `CREATE INDEX without CONCURRENTLY stops every write to ${qualified(table)} while it builds`;
  const text = context.sql.slice(start, end).trim();
  const correction = `${text.replace(/\bindex\b/i, (word) => `${word} ${word === 'INDEX' ? 'CONCURRENTLY' : 'concurrently'}`)};\n(alone in a migration file of its own, trap 11)`;
  return [warning(start, 'index-not-concurrent', message, correction, { table, lock: 'SHARE', work: 'scan' })];
}

function unnamedIndex(offset: number): StatementFinding[] {
  const message =
    'an index that is built concurrently and has no name of its own cannot be recognised after an interruption';
  const correction = 'give the index a name: CREATE INDEX CONCURRENTLY <name> ON …';
  return [{ offset, rule: 'concurrent-index-unnamed', severity: 'refuse', message, correction }];
}

const dropped = {
  OBJECT_TABLE: ['DROP TABLE', 'drop-table'],
  OBJECT_VIEW: ['DROP VIEW', 'drop-view'],
  OBJECT_MATVIEW: ['DROP MATERIALIZED VIEW', 'drop-materialized-view'],
  OBJECT_SCHEMA: ['DROP SCHEMA', 'drop-schema'],
} as const;

function drop(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  const type = textOf(node, 'removeType') ?? '';
  const names = droppedNames(node);
  if (type === 'OBJECT_INDEX' && node.concurrent !== true) {
    const known = names.filter((name) => context.facts(name) !== undefined || context.existing(relationKey(name)));
    if (known.length === 0) return [];
    const message = `DROP INDEX without CONCURRENTLY waits for every query on the table, and every later query waits behind it`;
    const correction = `DROP INDEX CONCURRENTLY ${known.map(qualified).join('; DROP INDEX CONCURRENTLY ')}; (alone in a migration file of its own, trap 11)`;
    return [warning(start, 'drop-index-not-concurrent', message, correction)];
  }
  if (!(type in dropped)) return [];
  const [words, rule] = dropped[type as keyof typeof dropped];
  // DROP VIEW followed by CREATE VIEW is how views are replaced: within one transaction nobody sees it gone.
  const severe = names.filter((name) => context.existing(relationKey(name)) && !context.recreated(relationKey(name)));
  if (severe.length === 0) return [];
  return [contract(context, start, rule, `${words} ${severe.map(qualified).join(', ')}`)];
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
