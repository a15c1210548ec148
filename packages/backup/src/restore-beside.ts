import { connect, type DatabaseConnection } from '#postgres/connection';
import { databaseErrorFacts, isConnectionLost, sqlstateOf } from '#postgres/database-error';
import { BackupFailed } from './backup-error.ts';
import { onlyTables } from './compare-contents.ts';
import { comparableSession } from './database-contents.ts';
import { findPostgres } from './find-postgres.ts';
import { orderByReferences, planTableMerge, type TableMerge } from './plan-table-merge.ts';
import { scratchSuperuser } from './prepare-scratch.ts';
import type { OpenedBackup } from './restore-backup.ts';
import { readRestored, restoreIntoScratch } from './restore-into-scratch.ts';
import { compareRestoredRows } from './restore-live.ts';
import { RestoreFailed } from './restore-stream.ts';
import { startCluster } from './scratch-cluster.ts';
import { readTableShape, type TableShape } from './table-shape.ts';
import { wantedForBackup } from './wanted-postgres.ts';

/** Rows that are sent at once. */
const batch = 200;
const application = { applicationName: 'ops-actions restore' };
/** How long the merge waits for writers of a table before it gives up; milliseconds. */
const lockTimeoutMs = 30_000;

/** One table of a backup beside its live one. */
export interface TableBeside {
  merge: TableMerge;
  rows: number;
}

export interface TableDifference {
  missing: number;
  changed: number;
  added: number;
}

/** The names that the backup has for tables that were asked for, as SQL writes them; `public` may be left out. Pure. */
export function findTables(
  asked: readonly string[],
  known: readonly string[],
): { tables: string[]; unknown: string[] } {
  const found = asked.map((name) => ({ name, table: [name, `public.${name}`].find((one) => known.includes(one)) }));
  return {
    tables: [...new Set(found.flatMap(({ table }) => table ?? []))],
    unknown: found.flatMap(({ name, table }) => (table === undefined ? [name] : [])),
  };
}

/**
 * Restores a backup on a scratch server, proves the rows of the named tables, and copies them into a schema of their own in the
 * live database, in one transaction: without constraints, sequences, triggers and policies, for nobody but our role, so that
 * neither they nor the Data API meet the live ones. @throws BackupFailed `restore_failed`, `digest_mismatch`: nothing is left.
 */
export async function restoreBeside(
  live: string,
  backup: OpenedBackup,
  given: {
    schema: string;
    tables: readonly string[];
    /** The only image that the scratch server may come from. */
    scratchImage?: string | undefined;
    deadlineMs: number;
    log: (line: string) => void;
    signal: AbortSignal;
  },
): Promise<TableBeside[]> {
  const { contents, dump, decryption } = backup;
  const binaries = await findPostgres({ ...wantedForBackup(contents.source), image: given.scratchImage });
  const { signal, tables } = given;
  const expectedBytes = contents.source.databaseBytes;
  const cluster = await startCluster({ binaries, superuser: scratchSuperuser, expectedBytes, signal });
  try {
    const restored = await restoreIntoScratch(
      cluster,
      {
        ...{ readAgain: dump.readAgain, decrypt: decryption.decrypt, source: contents.source },
        ...{ level: 'restore', deadlineMs: given.deadlineMs, signal },
        ...(contents.surroundings === undefined ? {} : { surroundings: contents.surroundings }),
      },
      { leftOut: [], remarks: [] },
    );
    const expected = onlyTables(contents.contents, tables);
    const copy = await readRestored(restored.url, { rowHash: contents.contents.rowHash ?? 'text' });
    const wrong = compareRestoredRows(copy, expected);
    if (wrong.length > 0)
      throw new BackupFailed('restore_failed', `the backup does not bring back what it held: ${wrong.join('; ')}`);
    given.log(`restored on a scratch server, and every row of ${tables.join(', ')} is as the backup held it`);
    return await copyTables(restored.url, live, given);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RestoreFailed)) throw error;
    throw new BackupFailed('restore_failed', `${error.message}; the database was not touched`, { cause: error });
  } finally {
    await cluster.stop();
  }
}

async function copyTables(
  scratchUrl: string,
  liveUrl: string,
  { schema, tables, signal }: { schema: string; tables: readonly string[]; signal: AbortSignal },
): Promise<TableBeside[]> {
  const scratch = await connect(scratchUrl, { ...application, signal });
  const live = await connect(liveUrl, { ...application, signal });
  try {
    await Promise.all([scratch.query(comparableSession), live.query(comparableSession)]);
    const shapes: { backup: TableShape; live: TableShape }[] = [];
    for (const name of tables) {
      const [backup, own] = [await readTableShape(scratch, name), await readTableShape(live, name)];
      if (backup === undefined || own === undefined)
        throw new BackupFailed(
          'restore_failed',
          `${name} is ${own === undefined ? 'not in the live database' : 'no table in the backup'}; nothing was changed`,
        );
      shapes.push({ backup, live: own });
    }
    await Promise.all([live.query('BEGIN'), scratch.query('BEGIN READ ONLY')]);
    await live.query(`CREATE SCHEMA ${schema}`);
    await live.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC`);
    const ordered = orderByReferences(shapes.map((one) => one.live));
    const made: TableBeside[] = [];
    for (const [index, own] of ordered.entries()) {
      const { backup } = shapes.find((one) => one.live === own) ?? {};
      if (backup === undefined) continue;
      // Two schemas may each have a table of one name.
      const copy = `${schema}.t${index + 1}_${own.name
        .slice(own.name.lastIndexOf('.') + 1)
        .replaceAll(/\W/g, '')
        .slice(0, 40)}`;
      const merge = planTableMerge(own, backup, copy);
      if (typeof merge === 'string') throw new BackupFailed('restore_failed', `${merge}; nothing was changed`);
      await live.query(
        `CREATE TABLE ${copy} (${backup.columns.map(({ name, type }) => `${name} ${type}`).join(', ')})`,
      );
      await live.query(`REVOKE ALL ON ${copy} FROM PUBLIC`);
      made.push({ merge, rows: await copyRows(scratch, live, backup, copy) });
      await live.query(`CREATE INDEX ON ${copy} (${own.primaryKey.join(', ')})`);
      await live.query(`ANALYZE ${copy}`);
    }
    await live.query('COMMIT');
    return made;
  } catch (error) {
    throw told(error, 'the copy was not made, and the live tables are as they were');
  } finally {
    await scratch.close();
    await live.close();
  }
}

/** As text of whole rows, which every type can be read from again. */
async function copyRows(
  scratch: DatabaseConnection,
  live: DatabaseConnection,
  { name, partitioned }: TableShape,
  copy: string,
): Promise<number> {
  await scratch.query(
    `DECLARE rows_of NO SCROLL CURSOR FOR SELECT t::text AS r FROM ${partitioned ? '' : 'ONLY '}${name} AS t`,
  );
  let rows = 0;
  for (;;) {
    const found = await scratch.query<{ r: string }>(`FETCH ${batch} FROM rows_of`);
    if (found.length > 0)
      await live.query(
        `INSERT INTO ${copy} SELECT (x.c).* FROM (SELECT u.r::${copy} AS c FROM unnest($1::text[]) AS u(r) OFFSET 0) AS x`,
        [found.map(({ r }) => r)],
      );
    rows += found.length;
    if (found.length < batch) break;
  }
  await scratch.query('CLOSE rows_of');
  return rows;
}

/** Counts rows by primary key; changes nothing. @throws DatabaseUnreachable */
export async function compareBeside(
  url: string,
  tables: readonly TableBeside[],
): Promise<Map<string, TableDifference>> {
  const connection = await connect(url, application);
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const found = new Map<string, TableDifference>();
    for (const { merge } of tables) {
      const [row] = await connection.query<Record<keyof TableDifference, string>>(merge.count);
      const { missing, changed, added } = row ?? { missing: '0', changed: '0', added: '0' };
      found.set(merge.live, { missing: Number(missing), changed: Number(changed), added: Number(added) });
    }
    return found;
  } finally {
    await connection.close();
  }
}

/**
 * Brings missing rows back, and makes changed ones what they were where that is asked for, in one transaction that no writer of
 * these tables is in; nothing is ever deleted. Triggers of the tables fire as for every other row.
 * @throws BackupFailed `restore_failed`: nothing has changed; `restore_unknown`: the connection was lost in COMMIT.
 */
export async function mergeBeside(
  url: string,
  tables: readonly TableBeside[],
  { overwrite, signal }: { overwrite: boolean; signal: AbortSignal },
): Promise<Map<string, { inserted: number; overwritten: number }>> {
  const connection = await connect(url, { ...application, signal });
  const made = new Map<string, { inserted: number; overwritten: number }>();
  let committing = false;
  try {
    await connection.query(comparableSession);
    await connection.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    const names = tables.map(({ merge }) => merge.live).toSorted();
    await connection.query(`LOCK TABLE ${names.join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    const run = async (sql: string | undefined) =>
      sql === undefined ? 0 : Number((await connection.query<{ n: string }>(sql))[0]?.n ?? 0);
    for (const { merge } of tables) {
      const overwritten = overwrite ? await run(merge.overwrite) : 0;
      made.set(merge.live, { inserted: await run(merge.insert), overwritten });
    }
    for (const { merge } of tables) for (const sql of merge.sequences) await connection.query(sql);
    committing = true;
    await connection.query('COMMIT');
    return made;
  } catch (error) {
    signal.throwIfAborted();
    if (!committing || !isConnectionLost(error))
      throw told(error, 'it ran in one transaction, so the live tables are as they were');
    const why = `${databaseErrorFacts(error).message}; the connection was lost in COMMIT: run it again, which merges what is still missing`;
    throw new BackupFailed('restore_unknown', why, { cause: error });
  } finally {
    await connection.close();
  }
}

/** Removes the copies. @throws DatabaseUnreachable */
export async function dropBeside(url: string, schema: string): Promise<void> {
  const connection = await connect(url, application);
  try {
    await connection.query(`SET client_min_messages = warning; DROP SCHEMA ${schema} CASCADE`);
  } finally {
    await connection.close();
  }
}

/** Without values of rows (S29). */
function told(error: unknown, left: string): unknown {
  if (error instanceof BackupFailed || (sqlstateOf(error) === undefined && !isConnectionLost(error))) return error;
  return new BackupFailed('restore_failed', `${databaseErrorFacts(error).message}; ${left}`, { cause: error });
}
