import type { DatabaseConnection } from '../connection.ts';
import { loadSqlParser } from '../sql-parser.ts';
import type { Session } from './database-report.ts';
import { sessionsQuery } from './report-queries.ts';

type Row = Omit<Session, 'identity'> & { backendStart: string; queryStart: string };

/** Every session of the server with whom it waits for; literals of queries are `$n` (S29). @throws what `pg` throws. */
export async function readSessions(connection: DatabaseConnection): Promise<Session[]> {
  const { normalise } = await loadSqlParser();
  const rows = await connection.query<Row>(sessionsQuery);
  return rows.map(({ backendStart, queryStart, query, ...row }) => ({
    ...(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Omit<
      Session,
      'identity' | 'query'
    >),
    query: query === '<insufficient privilege>' ? '(our role may not see it)' : normalise(query),
    identity: { backendStart, queryStart },
  }));
}
