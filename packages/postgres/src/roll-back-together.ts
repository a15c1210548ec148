import { type ApplySettings, beginning, freshSession, sendFile } from './apply-file.ts';
import { type ApplyOptions, reloadSchema, withPatience } from './apply-migrations.ts';
import { type ApplyFailure, describeFailure, FileFailed } from './apply-outcome.ts';
import { forgetMigration, historyCheck } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { splitFile } from './split-file.ts';
import type { SqlParser } from './sql-parser.ts';

/** A file whose SQL fits into a transaction of others; `sql` is what runs. */
interface WholeFile {
  file: MigrationFile;
  /** Without BEGIN and COMMIT of its own. */
  sql: string;
  /** How many of them the server answers. */
  statements: number;
}

/** Files that can share one transaction; undefined where one of them cannot be read, or commits by itself. Pure. */
export function wholeFiles(files: readonly MigrationFile[], parser: SqlParser): WholeFile[] | undefined {
  const whole: WholeFile[] = [];
  for (const file of files) {
    const parsed = parser.parse(file.sql);
    if ('error' in parsed) return undefined;
    const split = splitFile(file.sql, parsed.file.statements);
    if (!('whole' in split)) return undefined;
    const sent = parser.parse(split.whole);
    if ('error' in sent) return undefined;
    whole.push({ file, sql: split.whole, statements: sent.file.statements.length });
  }
  return whole;
}

/** All files and the removal of their rows in one transaction and one message; undefined: all of it is done. */
export async function rollBackTogether(
  session: MigrationSession,
  given: { files: readonly WholeFile[]; expected: ReadonlySet<string>; parser: SqlParser },
  settings: ApplySettings,
  options: Pick<ApplyOptions, 'attempts' | 'pauseMs' | 'signal'>,
): Promise<ApplyFailure | undefined> {
  const { files, expected, parser } = given;
  const [first] = files;
  if (first === undefined) return undefined;
  const begin = beginning(session.connection.serverVersion, settings);
  // RESET ALL takes the timeouts of this transaction, too.
  const between = (file: MigrationFile) => [
    ...asMigrator,
    forgetMigration(file.version),
    'RESET ALL',
    ...begin.slice(1),
  ];
  const versions = files.map(({ file }) => file.version);
  const joined = files.map(({ file, sql }) => `${sql}\n;\n${between(file).join(';\n')}`);
  let failing = first.file;
  return await withPatience(session, options, {
    what: `the rollback of ${files.map(({ file }) => file.file).join(', ')}`,
    async attempt() {
      const task = {
        before: [...freshSession, ...begin, ...historyCheck(expected)],
        sql: joined.join(';\n'),
        after: [reloadSchema, 'COMMIT', stillRecorded(versions)],
        expected,
      };
      try {
        const tags = await sendFile(session, task, settings);
        if (tags.at(-1) === 'SELECT 0') return;
        const message = `the rollback was committed and the history, read back, still has one of ${versions.join(', ')}`;
        throw new FileFailed('not_recorded', { message });
      } catch (error) {
        if (!(error instanceof FileFailed)) throw error;
        const placed = inItsFile(error, files, joined, begin.length + asMigrator.length + 1);
        failing = placed.file;
        throw placed.failed;
      }
    },
    isDone: (history) => !versions.some((version) => history.includes(version)),
    describe: (failed, attempts) => describeFailure(failing, failed, parser, attempts),
    log: settings.log,
  });
}

const asMigrator = ['RESET SESSION AUTHORIZATION', 'RESET ROLE'];

/** Answers one row for each version that is still recorded. */
function stillRecorded(versions: readonly string[]): string {
  const list = versions.map((version) => `'${version.replaceAll("'", "''")}'`).join(', ');
  return `SELECT 1 FROM supabase_migrations.schema_migrations WHERE version IN (${list})`;
}

/** The file that failed, and the place as counted in it: the server counts through the whole message. Pure. */
function inItsFile(
  { reasonCode, facts, blockers }: FileFailed,
  files: readonly WholeFile[],
  joined: readonly string[],
  statementsBetween: number,
): { file: MigrationFile; failed: FileFailed } {
  let { completed, position } = facts;
  let at = 0;
  for (; at < files.length - 1; at++) {
    const statements = (files[at]?.statements ?? 0) + statementsBetween;
    // The server counts characters, and two more stand between two files.
    const characters = [...(joined[at] ?? '')].length + 2;
    const before = completed === undefined ? position === undefined || position <= characters : completed < statements;
    if (before) break;
    if (completed !== undefined) completed -= statements;
    if (position !== undefined) position -= characters;
  }
  const { position: _position, completed: _completed, ...rest } = facts;
  const place = {
    ...(completed === undefined ? {} : { completed }),
    ...(position === undefined ? {} : { position }),
  };
  const one = files[at] as WholeFile;
  return {
    file: { ...one.file, sql: one.sql },
    failed: new FileFailed(reasonCode, { ...rest, ...place }, blockers),
  };
}
