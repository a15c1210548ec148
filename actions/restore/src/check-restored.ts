import type { InputProblem } from '#action-kit/input-error';
import { checkIntegrity, type IntegrityChecks } from '#postgres/check-integrity';
import { connect } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';
import { readIntegrityQueries } from '#postgres/only-select';
import { loadSqlParser } from '#postgres/sql-parser';
import type { Given } from './inputs.ts';

export type RestoreChecks = Pick<IntegrityChecks, 'tables' | 'queries'>;

const timeoutMs = 5 * 60_000;

/** Named tables and queries for after a restore, of whatever kind; what can be no such query is a problem before anything runs. */
export async function readRestoreChecks(
  given: Pick<Given, 'checkTables' | 'checkQueries'>,
  problems: InputProblem[],
): Promise<RestoreChecks> {
  const tables = given.checkTables ?? [];
  const lines = given.checkQueries ?? [];
  if (lines.length === 0) return { tables, queries: [] };
  const allowed = 'name: SELECT ..., one a line; every row that it returns is a fault';
  const named = lines.flatMap((line) => {
    const match = /^([\w .-]{1,60}):\s*(.+)$/s.exec(line);
    if (match === null)
      problems.push({
        name: 'check-queries',
        given: line.slice(0, 60),
        message: 'has no name before a colon',
        allowed,
      });
    return match === null ? [] : [{ name: match[1] ?? '', sql: match[2] ?? '' }];
  });
  const { queries, wrong } = readIntegrityQueries(named, await loadSqlParser());
  for (const { name, why } of wrong)
    problems.push({ name: 'check-queries', given: name, message: `is no query that only reads: it ${why}`, allowed });
  return { tables, queries };
}

/**
 * Looks at a database after it was restored; what was broken in the state that came back is no fault of the restore. A session
 * that is lost meanwhile is a fault as well: the database is back, and that has to be told. @throws DatabaseUnreachable
 */
export async function checkRestored(
  url: string,
  { tables, queries }: RestoreChecks,
  signal: AbortSignal,
): Promise<{ faults: string[]; passed: string[] }> {
  const connection = await connect(url, { applicationName: 'ops-actions restore', signal });
  try {
    return await checkIntegrity(connection, { tables, countRows: true, queries, timeoutMs });
  } catch (error) {
    signal.throwIfAborted();
    if (sqlstateOf(error) !== undefined) throw error;
    return { faults: ['it could not be looked at to the end (the connection was lost)'], passed: [] };
  } finally {
    await connection.close();
  }
}
