import type { DatabaseConnection } from './connection.ts';
import { sqlstateOf } from './database-error.ts';

/**
 * Within `ask`: a query from which row security would hide rows is refused (42501), because a fault that is not seen is no "nothing
 * found". Roles that see all rows notice nothing (postgresql.org/docs/current/ddl-rowsecurity.html).
 */
export const everyRow = 'SET LOCAL row_security = off';

/** Asks in a transaction that cannot write and ends in time. @throws what is no answer of the server. */
export async function askReadOnly<T>(
  connection: DatabaseConnection,
  timeoutMs: number,
  ask: () => Promise<T>,
): Promise<{ value: T } | { failed: string }> {
  await connection.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeoutMs}`);
  try {
    return { value: await ask() };
  } catch (error) {
    const failed = sqlstateOf(error);
    if (failed === undefined) throw error;
    return { failed };
  } finally {
    await connection.query('ROLLBACK').catch(() => {});
  }
}
