import { describeObject } from '../expected-objects.ts';
import type { DatabaseReport } from './database-report.ts';
import type { Finding } from './diagnose.ts';
import { judgeQueryTargets } from './judge-query-targets.ts';

/** What the schema itself shows: broken indexes, unproven constraints, tables without row level security, dead rows. */
export function diagnoseSchema(report: DatabaseReport): Finding[] {
  return [
    ...missing(report),
    ...functions(report),
    ...indexes(report),
    ...constraints(report),
    ...rowSecurity(report),
    ...deadRows(report),
    ...slowKinds(report),
  ];
}

function missing({ missing: expected }: DatabaseReport): Finding[] {
  if (!expected.read || expected.value.length === 0) return [];
  const names = expected.value.map(describeObject);
  return [
    {
      severity: 'critical',
      code: 'object_missing',
      message: `${some(names)} ${names.length === 1 ? 'is' : 'are'} expected and not there`,
      next: 'Somebody dropped it, or a migration is missing: compare with the migration history, then add it in a migration',
    },
  ];
}

function functions({ functions: checked }: DatabaseReport): Finding[] {
  if (!checked.read) return [];
  return checked.value.broken.map(({ schema, function: name, problem }) => ({
    severity: 'warning',
    code: 'function_broken',
    message: `function ${schema}.${name} does not fit the schema: ${problem}`,
    next: 'Every call of it fails: replace it in a migration, or drop it there',
  }));
}

function slowKinds({ slowQueries }: DatabaseReport): Finding[] {
  if (!slowQueries.read) return [];
  return judgeQueryTargets(slowQueries.value).map(({ kind, meanMs, alertMs, calls, query }) => ({
    severity: 'warning',
    code: 'query_beyond_target',
    message: `a ${kind} takes ${Math.round(meanMs)} ms on average of ${calls} calls, more than ${alertMs} ms: ${query}`,
    next: 'Look at its plan with EXPLAIN (ANALYZE, BUFFERS); an index that helps comes in a migration',
  }));
}

function indexes({ invalidIndexes }: DatabaseReport): Finding[] {
  if (!invalidIndexes.read) return [];
  return invalidIndexes.value.map(({ schema, table, index, building }) =>
    building
      ? {
          severity: 'notice',
          code: 'index_being_built',
          message: `index ${schema}.${index} on ${schema}.${table} is being built`,
          next: 'Nothing; see pg_stat_progress_create_index',
        }
      : {
          severity: 'warning',
          code: 'invalid_index',
          message: `index ${schema}.${index} on ${schema}.${table} is invalid: no query uses it, every write maintains it`,
          next: `DROP INDEX CONCURRENTLY ${quoted(schema)}.${quoted(index)}, then create it again in a migration`,
        },
  );
}

function constraints({ unvalidatedConstraints }: DatabaseReport): Finding[] {
  if (!unvalidatedConstraints.read) return [];
  return unvalidatedConstraints.value.map(({ schema, table, constraint }) => ({
    severity: 'warning',
    code: 'unvalidated_constraint',
    message: `constraint ${constraint} of ${schema}.${table} was never checked against the rows that were there before it`,
    next: `ALTER TABLE ${quoted(schema)}.${quoted(table)} VALIDATE CONSTRAINT ${quoted(constraint)} in a migration`,
  }));
}

function rowSecurity({ tables }: DatabaseReport): Finding[] {
  if (!tables.read) return [];
  const open = tables.value.filter((table) => !table.rowSecurity);
  const closed = tables.value.filter((table) => table.rowSecurity && table.policies === 0);
  const name = ({ schema, table }: { schema: string; table: string }): string => `${schema}.${table}`;
  return [
    ...(open.length === 0
      ? []
      : [
          {
            severity: 'warning' as const,
            code: 'row_security_off',
            message: `${some(open.map(name))} ${open.length === 1 ? 'has' : 'have'} no row level security: on Supabase everybody with the public key reads and writes ${open.length === 1 ? 'it' : 'them'} where the grants allow it`,
            next: 'ALTER TABLE … ENABLE ROW LEVEL SECURITY with its policies in one migration',
          },
        ]),
    ...(closed.length === 0
      ? []
      : [
          {
            severity: 'notice' as const,
            code: 'no_policies',
            message: `${some(closed.map(name))} ${closed.length === 1 ? 'has' : 'have'} row level security but no policy: only the owner and roles that bypass it get rows`,
            next: 'Add policies, if other roles should read them',
          },
        ]),
  ];
}

// autovacuum starts at 20 % of dead rows by default: twice that means that it does not keep up, or cannot.
const deadShare = 0.4;
const deadRowsWorthAWord = 10_000;

function deadRows({ tables }: DatabaseReport): Finding[] {
  if (!tables.read) return [];
  const bloated = tables.value.filter(
    ({ deadRows: dead, liveRows }) => dead > deadRowsWorthAWord && dead > deadShare * (dead + liveRows),
  );
  return bloated.map((table) => ({
    severity: 'notice',
    code: 'dead_rows',
    message: `${table.schema}.${table.table} has ${Math.round(table.deadRows)} dead rows beside ${Math.round(table.liveRows)} live ones`,
    next: 'Look for long transactions that keep autovacuum from removing them; VACUUM (ANALYZE) the table at a quiet time',
  }));
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
