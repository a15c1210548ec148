import { textOf } from './sql-names.ts';
import type { StatementContext, StatementFinding } from './statement-finding.ts';

const harmless = new Set([
  'TRANS_STMT_BEGIN',
  'TRANS_STMT_START',
  'TRANS_STMT_COMMIT',
  'TRANS_STMT_SAVEPOINT',
  'TRANS_STMT_RELEASE',
  'TRANS_STMT_ROLLBACK_TO',
]);

/** A file may begin and commit; one that rolls back would be recorded as applied without being it. Pure. */
export function classifyTransaction(context: StatementContext): StatementFinding[] {
  const { node, start } = context.statement;
  if (harmless.has(textOf(node, 'kind') ?? '')) return [];
  const message =
    'the file rolls back or prepares a transaction, so it would be recorded although parts of it are not applied';
  const correction = 'remove ROLLBACK and PREPARE TRANSACTION: each file already runs in one transaction of its own';
  return [{ offset: start, rule: 'explicit-transaction', severity: 'refuse', message, correction }];
}
