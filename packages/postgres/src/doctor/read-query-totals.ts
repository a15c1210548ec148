import type { DatabaseConnection } from '../connection.ts';
import { isConnectionLost, sqlstateOf } from '../database-error.ts';
import type { Section } from './database-report.ts';
import { queryTotalsQuery, statementsExtensionQuery } from './report-queries.ts';

/** What applications asked a database since its statistics begin. */
export interface QueryTotals {
  calls: number;
  totalMs: number;
  /** When the statistics begin, Unix seconds; absent where the extension does not say it. */
  since?: number;
}

/**
 * From pg_stat_statements, which counts since it was reset; only SELECT, in a read-only session.
 * @throws what `pg` throws when the session is lost.
 */
export async function readQueryTotals(connection: DatabaseConnection): Promise<Section<QueryTotals>> {
  try {
    const [extension] = await connection.query<{ schema: string; renamed: boolean; info: boolean }>(
      statementsExtensionQuery,
    );
    if (extension === undefined) return { read: false, reason: 'the extension pg_stat_statements is not there' };
    const [row] = await connection.query<{ calls: number; totalMs: number; since: number | null }>(
      queryTotalsQuery(extension.schema, extension),
    );
    const { calls = 0, totalMs = 0, since } = row ?? {};
    return { read: true, value: { calls, totalMs, ...(typeof since === 'number' && { since }) } };
  } catch (error) {
    const state = sqlstateOf(error);
    if (isConnectionLost(error) || state === undefined) throw error;
    return { read: false, reason: `pg_stat_statements cannot be read (SQLSTATE ${state})` };
  }
}
