import { freshSession } from '#postgres/apply-file';
import { brokenViews, checkIntegrity } from '#postgres/check-integrity';
import { databaseErrorFacts } from '#postgres/database-error';
import { type MigrationSession, openMigrationSession } from '#postgres/migration-session';
import { type MigrationFile, readMigrations } from '#postgres/read-migrations';
import { rollBackMigrations } from '#postgres/roll-back-migrations';
import { rehearseRollback } from '#postgres/scratch-replay';
import { decideDatabaseBack } from '#release/decide-database-back';
import { elapsed } from '#release/elapsed';
import { describeRollback } from './describe-rollback.ts';
import { insteadOf } from './instead.ts';
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

/** Refusals after which one of the other ways is what is left. */
const noWayBack = new Set([
  'rollback_sql_missing',
  'rollback_sql_failed',
  'rollback_sql_incomplete',
  'replay_failed',
  'migrations_missing',
]);

/**
 * Takes back every applied file after `toVersion` where the policy of the environment lets rollback SQL do it: rehearsed on
 * scratch, after a fresh restore point, newest first. Otherwise it says what a person can do instead, and does none of it.
 */
export async function rollBack(
  options: MigrateOptions & { url: string; toVersion: string },
  ports: MigrationPorts,
): Promise<Migration> {
  const { toVersion, back } = options;
  const began = ports.now();
  const folder = await readMigrations(options.directory);
  const decided = decideDatabaseBack(back.policy, back.byName);
  const problem = 'way' in decided && options.backup === 'required' ? await ports.checkBackup() : undefined;
  const session = await openMigrationSession(options.url, { signal: ports.signal });
  const refuse = async (reason: Reason): Promise<Migration> => {
    const instead =
      'way' in decided && !noWayBack.has(reason.reasonCode)
        ? []
        : await insteadOf(session, options, folder.files, ports);
    for (const way of instead) ports.log(`instead: ${way}`);
    const next = instead.map((way, index) => `${index === 0 ? ' Next: ' : ' Or '}${way}.`).join('');
    return {
      kind: 'decided',
      ending: ['refused', reason.reasonCode, `${reason.message}; nothing was changed.${next}`],
      details: {
        ...(reason.differences === undefined ? {} : { differences: reason.differences }),
        ...(instead.length === 0 ? {} : { instead }),
      },
    };
  };
  try {
    if (!('way' in decided)) return await refuse(decided);
    if (problem !== undefined) return await refuse(problem);
    const applied = await session.history();
    const stays = applied.filter((version) => version <= toVersion);
    const known = stays.includes(toVersion) || folder.files.some(({ version }) => version === toVersion);
    if (toVersion !== '0' && !known) {
      return await refuse({
        reasonCode: 'unknown_version',
        message: `to-version ${toVersion} is neither applied nor the version of a file; the newest applied ones are ${applied.slice(-3).join(', ') || 'none'} (0 takes everything back)`,
      });
    }
    const versions = applied.filter((version) => version > toVersion).toSorted();
    // Those too that an earlier run took back and could not say so: at the end none of them is applied.
    const gone = folder.files.filter((file) => file.version > toVersion);
    if (versions.length === 0) {
      await ports
        .record('intent', 'rollback', `nothing after ${toVersion} is applied`, backIntent(gone))
        .catch((error: Error) => ports.log(`the ledger does not say that nothing is applied: ${error.message}`));
      return {
        kind: 'decided',
        ending: ['nothing-pending', 'nothing_to_roll_back', `Nothing was applied after ${toVersion}`],
      };
    }
    const files = folder.files.filter((file) => versions.includes(file.version));
    const lost = versions.filter((version) => !files.some((file) => file.version === version));
    if (lost.length > 0) {
      return await refuse({
        reasonCode: 'migrations_missing',
        message: `the files of applied versions ${lost.join(', ')} are not in ${options.folder}`,
      });
    }
    await tellExpectedTime(session, options, ports);
    const before = folder.files.filter((file) => stays.includes(file.version));
    const major = Math.floor(session.connection.serverVersion / 10_000);
    const reason = await session.whileIdle(() => checkWayBack(before, files, major, ports));
    for (const line of reason?.differences ?? []) ports.log(line);
    if (reason !== undefined) return await refuse(reason);
    const rehearsed = ports.now();
    try {
      await ports.record('intent', 'rollback', `${files.length} to ${toVersion}`, backIntent(gone));
    } catch (error) {
      return { kind: 'not-recorded', message: (error as Error).message };
    }
    const { backup, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return failed;
    const saved = ports.now();
    const views = await brokenViews(session.connection);
    const broken = new Set([...views.broken.keys(), ...views.unread]);
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const settings = { lockTimeoutMs, statementTimeoutMs, log: ports.log, signal: ports.signal };
    const outcome = await rollBackMigrations(session, { ...settings, files: files.toReversed(), applied });
    const done = ports.now();
    const checked = outcome.failure === undefined ? await lookAfter(session, { ...back, broken }) : undefined;
    const story = { toVersion, files: files.toReversed(), outcome, checked, limitMs: back.limitMs };
    const { ending, details } = await describeRollback(story, { began, rehearsed, saved, done });
    return { kind: 'decided', ending, details, ...(backup === undefined ? {} : { backup }) };
  } finally {
    await session.close();
  }
}

/**
 * What the last file left in the session must not decide what our names mean. Never rejects: what was committed has to be told,
 * whatever becomes of the look at it.
 */
async function lookAfter(
  session: MigrationSession,
  { tables, checks, broken }: Pick<MigrateOptions['back'], 'tables' | 'checks'> & { broken: ReadonlySet<string> },
): Promise<{ faults: string[]; passed: string[] }> {
  try {
    await session.connection.query(freshSession.join('; '));
    return await checkIntegrity(session.connection, { tables, queries: checks, broken });
  } catch (error) {
    return { faults: [`it could not be looked at (${databaseErrorFacts(error).message})`], passed: [] };
  }
}

/** Most of the time goes into the restore point, and the newest one says how long that takes here (DRB-09). */
async function tellExpectedTime(
  session: MigrationSession,
  options: Pick<MigrateOptions, 'backup' | 'back'>,
  ports: Pick<MigrationPorts, 'newestBackup' | 'log'>,
): Promise<void> {
  const limit = `limit ${elapsed(options.back.limitMs)}`;
  if (options.backup !== 'required') return ports.log(`no restore point is made; ${limit}`);
  const newest = await session.whileIdle(() => ports.newestBackup());
  const took =
    newest === undefined
      ? 'no earlier one tells how long'
      : `the newest one took ${elapsed(newest.seconds.total * 1000)}`;
  ports.log(
    `first the rehearsal on a scratch server, then a proven restore point (${took}), then the rollback SQL; ${limit}`,
  );
}
