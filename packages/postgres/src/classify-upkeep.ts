import { child, children, qualified, relationKey, textOf } from './sql-names.ts';
import { type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { statementImpact } from './statement-impact.ts';
import { blockedBy, type TableImpact } from './table-lock.ts';

/** Statements that work on whole tables or on their rows. Pure. */
export function classifyUpkeep(context: StatementContext): StatementFinding[] {
  const { kind, node, start } = context.statement;
  const impacts = statementImpact(context.statement, context.facts).filter(({ table }) =>
    context.existing('relation', relationKey(table)),
  );
  const [impact] = impacts;
  switch (kind) {
    case 'DropdbStmt': {
      const message = `DROP DATABASE ${textOf(node, 'dbname') ?? ''} destroys all data in it`;
      const correction = 'no migration of an application drops a database: do it by hand, after a backup of its own';
      return [{ offset: start, rule: 'drop-database', olderCode: 'breaks', severity: 'refuse', message, correction }];
    }
    case 'TruncateStmt':
      return impact === undefined ? [] : [truncate(context, impacts)];
    case 'AlterDomainStmt': {
      if (textOf(node, 'subtype') !== 'C' || child(child(node, 'def'), 'Constraint')?.skip_validation === true)
        return [];
      const message =
        'the constraint is checked in every row of every table that uses the domain, while they can not be written';
      const correction = 'write NOT VALID after it, and in a later file ALTER DOMAIN … VALIDATE CONSTRAINT';
      return [warning(start, 'domain-constraint', message, correction)];
    }
    case 'UpdateStmt':
    case 'DeleteStmt': {
      if (impact === undefined || node.whereClause !== undefined) return [];
      const word = kind === 'UpdateStmt' ? 'UPDATE' : 'DELETE';
      const message = `${word} without WHERE locks every row of ${qualified(impact.table)} until the file is committed, and writers wait`;
      const correction = `change the rows in batches by their key, outside the migration: a script, or mode: apply with command`;
      return [warning(start, 'mass-change', message, correction, { ...impact, work: 'rewrite' })];
    }
    default:
      return impact === undefined ? [] : whole(context, impact);
  }
}

function whole({ statement }: StatementContext, impact: TableImpact): StatementFinding[] {
  const { kind, node, start } = statement;
  const name = qualified(impact.table);
  switch (kind) {
    case 'ReindexStmt':
      return blockedBy(impact.lock) === 'nothing'
        ? []
        : [
            warning(
              start,
              'reindex-not-concurrent',
              `REINDEX without CONCURRENTLY stops every write to ${name}, and reads through the index, while it builds`,
              'REINDEX (CONCURRENTLY) … alone in a migration file of its own (trap 11)',
              impact,
            ),
          ];
    case 'RefreshMatViewStmt':
      return node.concurrent === true
        ? []
        : [
            warning(
              start,
              'refresh-not-concurrent',
              `REFRESH MATERIALIZED VIEW without CONCURRENTLY stops every read of ${name} meanwhile`,
              `REFRESH MATERIALIZED VIEW CONCURRENTLY ${name} (needs a unique index)`,
              impact,
            ),
          ];
    case 'VacuumStmt':
    case 'ClusterStmt':
      return impact.work !== 'rewrite'
        ? []
        : [
            warning(
              start,
              'table-rewrite',
              `the statement writes ${name} anew, and nobody can read or write it meanwhile`,
              'leave it to a maintenance window; pg_repack does the same without the lock',
              impact,
            ),
          ];
    case 'LockStmt':
      return blockedBy(impact.lock) === 'nothing'
        ? []
        : [
            warning(
              start,
              'lock-table',
              `LOCK TABLE keeps ${blockedBy(impact.lock) === 'everything' ? 'reads and writes' : 'writes'} of ${name} waiting until the file is committed`,
              'keep the file short, or take no lock: every statement takes the one it needs',
            ),
          ];
    default:
      return [];
  }
}

function truncate(context: StatementContext, impacts: readonly TableImpact[]): StatementFinding {
  const { node, start } = context.statement;
  const names = impacts.map(({ table }) => qualified(table)).join(', ');
  const cascade = textOf(node, 'behavior') === 'DROP_CASCADE' ? ', and of every table that refers to them' : '';
  const count = children(node, 'relations').length;
  return {
    offset: start,
    rule: 'truncate',
    severity: context.phase === 'all' ? 'warn' : 'refuse',
    message: `TRUNCATE takes all rows of ${names}${cascade}`,
    correction: `where ${count === 1 ? 'the table' : 'they'} may be emptied, say so above the statement: -- ops:accept truncate <why>`,
  };
}
