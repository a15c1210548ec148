import { DatabaseUnreachable } from '#postgres/connection';
import { databaseErrorFacts, sqlstateOf } from '#postgres/database-error';

/** What a server said, without values of rows (S29); undefined for what is none of its errors. Pure. */
export function describeDatabaseFailure(error: unknown): string | undefined {
  if (error instanceof DatabaseUnreachable) return error.message;
  const { sqlstate, message } = databaseErrorFacts(error);
  return sqlstateOf(error) === undefined ? undefined : `${message} (SQLSTATE ${sqlstate})`;
}
