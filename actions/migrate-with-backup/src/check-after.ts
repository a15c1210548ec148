import { freshSession } from '#postgres/apply-file';
import type { DatabaseConnection } from '#postgres/connection';
import { databaseErrorFacts } from '#postgres/database-error';
import { describeObject, type ExpectedObject } from '#postgres/expected-objects';
import { findMissing, objectsOfFiles } from '#postgres/find-missing';
import type { MigrationSession } from '#postgres/migration-session';
import type { MigrationFile } from '#postgres/read-migrations';
import { newAdvice, readSchemaAdvice, type SchemaAdvice } from '#postgres/schema-advice';
import type { CommandOutcome } from './run-command.ts';

/** The advice about a schema; undefined where it could not be read, which stops no migration. */
export async function adviceNow(
  connection: DatabaseConnection,
  log: (line: string) => void,
): Promise<SchemaAdvice[] | undefined> {
  try {
    return await readSchemaAdvice(connection);
  } catch (error) {
    log(`the schema could not be looked at for new findings: ${(error as Error).message}`);
    return undefined;
  }
}

export interface LookAfter {
  files: readonly MigrationFile[];
  named: readonly ExpectedObject[];
  /** Before the files; undefined: not known. */
  advice: readonly SchemaAdvice[] | undefined;
}

interface Looked {
  missing: CommandOutcome | undefined;
  advice: SchemaAdvice[];
}

/** A look that is taken once the files are applied. */
interface LookToTake {
  /** Sends it now, behind what was sent; the last one sent counts. Its answer is dropped where it was lost or looked at nothing. */
  travelWith(connection: DatabaseConnection): void;
  /** Its answer, or a look of its own. @throws the abort reason. */
  take(session: Pick<MigrationSession, 'connection' | 'reopen'>): Promise<Looked>;
}

/** `checkAfter`, which may travel with the last file: a distant database costs its round trips. */
export function lookAfter(
  given: Omit<LookAfter, 'advice'> & { advice: Promise<LookAfter['advice']> },
  ports: { log(line: string): void; signal: AbortSignal },
): LookToTake {
  let travelling: Promise<Looked> | undefined;
  return {
    travelWith(connection) {
      const dropped = (line: string) => {
        throw new Error(line);
      };
      travelling = given.advice.then((advice) => checkAfter(connection, { ...given, advice }, dropped));
      travelling.catch(() => {});
    },
    async take(session) {
      const looked = await travelling?.catch(() => undefined);
      return looked ?? (await checkInSession(session, { ...given, advice: await given.advice }, ports));
    },
  };
}

/**
 * `checkAfter` over the session that migrated, which is opened anew once where it was lost. The files are committed by then: what
 * could not be looked at is told as such and never thrown. @throws the abort reason.
 */
async function checkInSession(
  session: Pick<MigrationSession, 'connection' | 'reopen'>,
  given: LookAfter,
  ports: { log(line: string): void; signal: AbortSignal },
): Promise<Looked> {
  try {
    return await checkAfter(session.connection, given, ports.log);
  } catch (lost) {
    if (ports.signal.aborted) throw lost;
    ports.log(`what the files made could not be looked at (${databaseErrorFacts(lost).message}); trying once more`);
  }
  try {
    await session.reopen();
    return await checkAfter(session.connection, given, ports.log);
  } catch (error) {
    if (ports.signal.aborted) throw error;
    const message = `nobody could look whether the database has what they make: ${databaseErrorFacts(error).message}`;
    return { missing: { ok: false, reasonCode: 'objects_not_read', message }, advice: [] };
  }
}

/**
 * Looks at the database after the files were applied: what they make by name and what the configuration names has to be
 * there (MIG-09), and what is new in the schema's advice is told (MIG-15).
 */
export async function checkAfter(
  connection: DatabaseConnection,
  given: LookAfter,
  log: (line: string) => void,
): Promise<Looked> {
  const expected = [...(await objectsOfFiles(given.files)), ...given.named];
  const [, missing, now] = await Promise.all([
    // What the last file left in the session must not decide what our names mean.
    connection.query(`${freshSession.join('; ')}; SET search_path = ''`),
    findMissing(connection, expected),
    given.advice === undefined ? undefined : adviceNow(connection, log),
    connection.query('RESET search_path'),
  ]);
  const names = [...new Set(missing.map(describeObject))].join(', ');
  return {
    missing:
      missing.length === 0
        ? undefined
        : { ok: false, reasonCode: 'objects_missing', message: `the database does not have ${names}` },
    advice: now === undefined ? [] : newAdvice(given.advice ?? [], now),
  };
}
