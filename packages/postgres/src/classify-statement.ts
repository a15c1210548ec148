import { classifyAccess } from './classify-access.ts';
import { classifyDrop } from './classify-drop.ts';
import { classifyReading } from './classify-reading.ts';
import { classifyRename } from './classify-rename.ts';
import { alterTable } from './classify-table.ts';
import { classifyTransaction } from './classify-transaction.ts';
import { classifyUpkeep } from './classify-upkeep.ts';
import { child, qualified, relationKey, relationName, textOf } from './sql-names.ts';
import { contract, type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { statementImpact } from './statement-impact.ts';
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
    case 'CopyStmt':
    case 'VariableSetStmt':
      return classifyReading(context);
    case 'AlterTableStmt':
      return alterTable(context);
    case 'DropStmt':
      return classifyDrop(context);
    case 'RenameStmt':
    case 'AlterObjectSchemaStmt':
    case 'AlterEnumStmt':
      return classifyRename(context);
    case 'IndexStmt':
      return index(context);
    case 'GrantStmt':
    case 'GrantRoleStmt':
    case 'DropRoleStmt':
    case 'DropOwnedStmt':
      return classifyAccess(context);
    case 'DoStmt':
    case 'CallStmt':
    case 'SelectStmt':
      return unreadCode(context);
    default:
      return classifyUpkeep(context);
  }
}

/** Whatever keeps others waiting while it reads or writes a whole table is said, also where no rule knows its form. */
function remainder(context: StatementContext): StatementFinding[] {
  const { statement } = context;
  const [impact] = statementImpact(statement, context.facts).filter(
    ({ table, lock, work }) =>
      work !== 'none' && blockedBy(lock) !== 'nothing' && context.existing('relation', relationKey(table)),
  );
  if (impact === undefined || statement.kind === 'AlterTableStmt') return [];
  const work = impact.work === 'rewrite' ? 'writes all of' : 'reads all of';
  const whom = blockedBy(impact.lock) === 'everything' ? 'reads and writes' : 'writes';
  const message = `the statement ${work} ${qualified(impact.table)} while its ${whom} wait`;
  const rule = impact.work === 'rewrite' ? 'blocking-rewrite' : 'blocking-scan';
  return [warning(statement.start, rule, message, 'run it when little is written, or in smaller steps', impact)];
}

/** Code that nobody could read here is told; held where its text says that it takes something away. */
function unreadCode(context: StatementContext): StatementFinding[] {
  const { statement, unread } = context;
  if (unread === undefined) return [];
  const correction =
    'write its statements into the file, where they are read; or say above it what it does: -- ops:accept opaque-code <why>';
  if (!unread.destroys)
    return [
      warning(statement.start, 'opaque-code', `${unread.what}, and nobody has read here what that does`, correction),
    ];
  const what = `${unread.what}, and its text names what takes something away`;
  return [contract(context, statement.start, 'opaque-code', what, { correction })];
}

function index(context: StatementContext): StatementFinding[] {
  const { node, start, end } = context.statement;
  const table = relationName(child(node, 'relation'));
  if (node.concurrent === true && textOf(node, 'idxname') === undefined) return unnamedIndex(start);
  if (node.concurrent === true || table === undefined || !context.existing('relation', relationKey(table))) return [];
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
