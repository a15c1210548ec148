import { connect } from '#postgres/connection';

/** Schemas that other restores of tables made and nobody removed: kept on purpose, or left by a run that died. @throws DatabaseUnreachable */
export async function findCopies(url: string, except: string): Promise<string[]> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  try {
    const rows = await connection.query<{ name: string }>(
      `SELECT n.nspname::text AS name FROM pg_catalog.pg_namespace AS n
        WHERE n.nspname ~ '^restored_[0-9]{14}_[0-9]+_[0-9]+$' AND n.nspname <> $1 ORDER BY 1`,
      [except],
    );
    return rows.map(({ name }) => name);
  } finally {
    await connection.close();
  }
}
