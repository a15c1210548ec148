import { segmentsOf } from '#postgres/apply-migrations';
import { recordBaseline, recordMigration } from '#postgres/migration-history';
import { readMigrations } from '#postgres/read-migrations';
import { compareSchemas, readSchema } from '#postgres/read-schema';
import { ReplayFailed, replaySchema } from '#postgres/scratch-replay';
import { loadSqlParser } from '#postgres/sql-parser';
import type { Migration, MigrationPorts } from './migrate.ts';
import { openSession } from './open-session.ts';
import type { MigrateOptions } from './plan-options.ts';

/**
 * Records files as applied that the database already has: replayed on a scratch server, they have to make exactly the
 * schema that is there. Changes nothing but the history.
 */
export async function baseline(
  options: MigrateOptions & { url: string; toVersion: string },
  ports: MigrationPorts,
): Promise<Migration> {
  const refuse = (reasonCode: string, summary: string, details: Record<string, unknown> = {}): Migration => ({
    kind: 'decided',
    ending: ['refused', reasonCode, `${summary}; nothing was changed`],
    details,
  });
  const { toVersion } = options;
  const folder = await readMigrations(options.directory);
  const [problem] = folder.problems;
  if (problem !== undefined)
    return refuse('unsafe_migration', `${problem.file}: ${problem.message}. Instead: ${problem.correction}`);
  const files = folder.files.filter((file) => file.version <= toVersion);
  if (files.at(-1)?.version !== toVersion) {
    return refuse('unknown_version', `to-version ${toVersion} is the version of no file in ${options.folder}`);
  }
  const session = await openSession(options, ports);
  try {
    const history = await session.history();
    if (history.length > 0) {
      return refuse(
        'history_not_empty',
        `The history already has ${history.length} migrations, so there is nothing to baseline`,
      );
    }
    const live = await readSchema(session.connection);
    const scratch = await ports.scratch(Math.floor(session.connection.serverVersion / 10_000));
    if ('reasonCode' in scratch) return refuse(scratch.reasonCode, scratch.message);
    let replayed: string[];
    try {
      replayed = await session.whileIdle(() => replaySchema(scratch.url, files));
    } catch (error) {
      if (!(error instanceof ReplayFailed)) throw error;
      return refuse('replay_failed', error.message);
    } finally {
      await scratch.stop();
    }
    const differences = compareSchemas(replayed, live);
    if (differences.length > 0) {
      for (const line of differences) ports.log(line);
      const summary = `The files up to ${toVersion} make another schema than the database has (${differences.length} differences, - only in the files, + only in the database): ${differences[0]}`;
      return refuse('schema_differs', summary, { differences });
    }
    const parser = await loadSqlParser();
    const records = files.map((file) =>
      recordMigration({ version: file.version, name: file.name, statements: segmentsOf(file, parser) }),
    );
    await recordBaseline(session.connection, records);
    const names = files.map((file) => file.file);
    const summary = `Recorded ${names.length} files up to ${toVersion} as applied; replayed on a scratch server they make the schema that the database has`;
    return { kind: 'decided', ending: ['baselined', 'baselined', summary], details: { recorded: names } };
  } finally {
    await session.close();
  }
}
