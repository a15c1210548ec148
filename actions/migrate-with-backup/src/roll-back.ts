import { openMigrationSession } from '#postgres/migration-session';
import { type MigrationFile, readMigrations } from '#postgres/read-migrations';
import { rollBackMigrations } from '#postgres/roll-back-migrations';
import { rehearseRollback } from '#postgres/scratch-replay';
import type { Migration, MigrationPorts } from './migrate.ts';
import { backIntent } from './migration-ledger.ts';
import type { MigrateOptions } from './plan-options.ts';
import { provenBackup } from './proven-backup.ts';

type Reason = { reasonCode: string; message: string; differences?: string[] };

/** The way back of these files, proven up, down, up on a scratch server; undefined: it holds. */
export async function checkWayBack(
  before: readonly MigrationFile[],
  files: readonly MigrationFile[],
  major: number,
  ports: Pick<MigrationPorts, 'scratch'>,
): Promise<Reason | undefined> {
  const without = files.filter((file) => file.down === undefined);
  if (without.length > 0) {
    const names = without.map((file) =>
      file.irreversible === undefined ? file.file : `${file.file} (irreversible: ${file.irreversible})`,
    );
    return {
      reasonCode: 'rollback_sql_missing',
      message: `forward fix only: there is no rollback SQL for ${names.join(', ')}; write <version>_<name>.down.sql beside it, or a commented section after "-- rollback"`,
    };
  }
  const scratch = await ports.scratch(major);
  if ('reasonCode' in scratch) return scratch;
  try {
    const rehearsal = await rehearseRollback(scratch.url, before, files);
    if (rehearsal.outcome === 'passed') return undefined;
    const { reasonCode, message, differences } = rehearsal;
    const first = differences[0] === undefined ? '' : ` (${differences.length} differences): ${differences[0]}`;
    return { reasonCode, message: `${message}${first}`, differences };
  } finally {
    await scratch.stop();
  }
}

/** Takes back every applied file after `toVersion`: rehearsed on scratch, after a fresh restore point, newest first. */
export async function rollBack(
  options: MigrateOptions & { url: string; toVersion: string },
  ports: MigrationPorts,
): Promise<Migration> {
  const refuse = (reason: Reason): Migration => ({
    kind: 'decided',
    ending: ['refused', reason.reasonCode, `${reason.message}; nothing was changed`],
    details: reason.differences === undefined ? {} : { differences: reason.differences },
  });
  const { toVersion } = options;
  const folder = await readMigrations(options.directory);
  const problem = options.backup === 'required' ? await ports.checkBackup() : undefined;
  if (problem !== undefined) return refuse(problem);
  const session = await openMigrationSession(options.url, { signal: ports.signal });
  try {
    const applied = await session.history();
    const stays = applied.filter((version) => version <= toVersion);
    if (toVersion !== '0' && !stays.includes(toVersion)) {
      return refuse({
        reasonCode: 'unknown_version',
        message: `to-version ${toVersion} is not applied; the newest applied ones are ${applied.slice(-3).join(', ') || 'none'} (0 takes everything back)`,
      });
    }
    const versions = applied.filter((version) => version > toVersion).toSorted();
    if (versions.length === 0) {
      return {
        kind: 'decided',
        ending: ['nothing-pending', 'nothing_to_roll_back', `Nothing was applied after ${toVersion}`],
      };
    }
    const files = folder.files.filter((file) => versions.includes(file.version));
    const lost = versions.filter((version) => !files.some((file) => file.version === version));
    if (lost.length > 0) {
      return refuse({
        reasonCode: 'migrations_missing',
        message: `the files of applied versions ${lost.join(', ')} are not in ${options.folder}`,
      });
    }
    const before = folder.files.filter((file) => stays.includes(file.version));
    const major = Math.floor(session.connection.serverVersion / 10_000);
    const reason = await session.whileIdle(() => checkWayBack(before, files, major, ports));
    for (const line of reason?.differences ?? []) ports.log(line);
    if (reason !== undefined) return refuse(reason);
    try {
      await ports.record('intent', 'rollback', `${files.length} to ${toVersion}`, backIntent(files));
    } catch (error) {
      return { kind: 'not-recorded', message: (error as Error).message };
    }
    const { backup, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return failed;
    const made = backup === undefined ? {} : { backup };
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const settings = { lockTimeoutMs, statementTimeoutMs, log: ports.log, signal: ports.signal };
    const outcome = await rollBackMigrations(session, { ...settings, files: files.toReversed(), applied });
    const done = outcome.rolledBack.join(', ') || 'nothing';
    const details = { rolledBack: outcome.rolledBack };
    if (outcome.failure !== undefined) {
      const { failure } = outcome;
      const summary = `The rollback of ${failure.file} failed: ${failure.message}; it was undone whole; rolled back before it: ${done}`;
      return {
        kind: 'decided',
        ending: ['failed', failure.reasonCode, summary],
        details: { ...details, failure },
        ...made,
      };
    }
    return {
      kind: 'decided',
      ending: ['rolled-back', 'rolled_back', `Rolled back to ${toVersion}: ${done}`],
      details,
      ...made,
    };
  } finally {
    await session.close();
  }
}
