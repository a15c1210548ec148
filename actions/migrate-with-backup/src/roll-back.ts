import { freshSession } from '#postgres/apply-file';
import { type BrokenObjects, readBrokenObjects } from '#postgres/broken-objects';
import { checkIntegrity } from '#postgres/check-integrity';
import { databaseErrorFacts } from '#postgres/database-error';
import { inspectMigrations } from '#postgres/inspect-migrations';
import { readMigrationHistory } from '#postgres/migration-history';
import type { MigrationSession } from '#postgres/migration-session';
import { type MigrationFile, type MigrationFolder, readMigrations } from '#postgres/read-migrations';
import { rollBackMigrations } from '#postgres/roll-back-migrations';
import { rehearseRollback } from '#postgres/scratch-replay';
import { decideDatabaseBack } from '#release/decide-database-back';
import { elapsed } from '#release/elapsed';
import { startProgress } from '#release/progress';
import { describeRollback } from './describe-rollback.ts';
import { insteadOf } from './instead.ts';
import type { Migration, MigrationPorts } from './migrate.ts';
import { backIntent } from './migration-ledger.ts';
import { openSession } from './open-session.ts';
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

/** Of one table or query after the undo. */
const queryTimeoutMs = 60_000;

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
  const session = await openSession(options, ports);
  let reached = '';
  const progress = startProgress({
    ...{ clock: { now: () => ports.now() }, startedAt: began, limitMs: back.limitMs, reached: () => reached },
    ...{ info: ports.log, warn: ports.log },
  });
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
    if (!('way' in decided)) {
      const wanted = folder.files.filter((file) => file.version > toVersion);
      // For the forward fix, which finds in the ledger what was not taken back (DRB-06).
      if (decided.reasonCode === 'forward_only' && wanted.length > 0)
        await ports
          .record('intent', 'rollback', 'refused: forward only', backIntent(wanted))
          .catch((error: Error) => ports.log(`the ledger does not know of this refusal: ${error.message}`));
      return await refuse(decided);
    }
    if (problem !== undefined) return await refuse(problem);
    const applied = await session.history();
    const stays = applied.filter((version) => version <= toVersion);
    const holds = stays.includes(toVersion);
    const known = holds || folder.files.some(({ version }) => version === toVersion);
    if (toVersion !== '0' && !known) {
      return await refuse({
        reasonCode: 'unknown_version',
        message: `to-version ${toVersion} is neither applied nor the version of a file; the newest applied ones are ${applied.slice(-3).join(', ') || 'none'} (0 takes everything back)`,
      });
    }
    const versions = applied.filter((version) => version > toVersion).toSorted();
    // Those too that an earlier run took back and could not say so: at the end none of them is applied.
    const gone = folder.files.filter((file) => file.version > toVersion);
    const proven =
      holds ||
      (toVersion === '0' && (await readMigrationHistory(session.connection)).exists) ||
      (versions.length === 0 && (await lacksOnlyHeld(folder, applied, toVersion)));
    if (versions.length === 0 && !proven) {
      // Also what an empty or another database says: from it nobody may take that those files are gone.
      const newest = stays.at(-1);
      return await refuse({
        reasonCode: 'nothing_applied',
        message: `the history does not hold ${toVersion === '0' ? 'any migration' : toVersion}, and nothing after it (${newest === undefined ? 'it is empty' : `its newest is ${newest}`}): look whether database-url is that of the environment${newest === undefined ? '' : `; if it is, give to-version: ${newest}`}`,
      });
    }
    if (versions.length === 0) {
      await ports
        .record('intent', 'rollback', `nothing after ${toVersion} is applied`, backIntent(gone))
        .catch((error: Error) => ports.log(`the ledger does not say that nothing is applied: ${error.message}`));
      return {
        kind: 'decided',
        ending: ['nothing-pending', 'nothing_to_roll_back', `Nothing was applied after ${toVersion}`],
      };
    }
    // Applied by somebody else since the caller looked: nobody asked for them to go.
    const { onlyVersions } = options;
    const others = onlyVersions === undefined ? [] : versions.filter((version) => !onlyVersions.includes(version));
    if (others.length > 0) {
      return await refuse({
        reasonCode: 'others_applied',
        message: `${others.join(', ')} would go back, too, and this run did not apply ${others.length === 1 ? 'it' : 'them'}`,
      });
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
    const staying = folder.files.filter((file) => stays.includes(file.version));
    const major = Math.floor(session.connection.serverVersion / 10_000);
    const reason = await session.whileIdle(() => checkWayBack(staying, files, major, ports));
    for (const line of reason?.differences ?? []) ports.log(line);
    if (reason !== undefined) return await refuse(reason);
    const rehearsed = ports.now();
    reached = 'rehearsed on a scratch server';
    try {
      await ports.record('intent', 'rollback', `${files.length} to ${toVersion}`, backIntent(gone));
    } catch (error) {
      return { kind: 'not-recorded', message: (error as Error).message };
    }
    const { backup, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return failed;
    const saved = ports.now();
    reached = 'restore point made';
    const before = await readBrokenObjects(session.connection);
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const settings = { lockTimeoutMs, statementTimeoutMs, log: ports.log, signal: ports.signal };
    const outcome = await rollBackMigrations(session, { ...settings, files: files.toReversed(), applied });
    const done = ports.now();
    const checked = outcome.failure === undefined ? await lookAfter(session, { ...back, before }) : undefined;
    const story = { toVersion, files: files.toReversed(), outcome, checked, limitMs: back.limitMs };
    const { ending, details } = await describeRollback(story, { began, rehearsed, saved, done });
    return { kind: 'decided', ending, details, ...(backup === undefined ? {} : { backup }) };
  } finally {
    progress.stop();
    await session.close();
  }
}

/**
 * A deployment names the newest file of its folder, which its release may have held back: where the history has all before it, it
 * is that of this folder, and `to-version` is simply not due yet.
 */
async function lacksOnlyHeld(folder: MigrationFolder, applied: readonly string[], toVersion: string): Promise<boolean> {
  if (applied.length === 0) return false;
  const { toApply, held, findings } = await inspectMigrations({ folder, applied, toVersion });
  const sound = findings.every(({ rule }) => rule !== 'remote-only' && rule !== 'unknown-version');
  return sound && toApply.length === 0 && held.some(({ version }) => version === toVersion);
}

/**
 * What the last file left in the session must not decide what our names mean. Never rejects: what was committed has to be told,
 * whatever becomes of the look at it.
 */
async function lookAfter(
  session: MigrationSession,
  { tables, checks, before }: Pick<MigrateOptions['back'], 'tables' | 'checks'> & { before: BrokenObjects },
): Promise<{ faults: string[]; passed: string[] }> {
  try {
    await session.connection.query(freshSession.join('; '));
    return await checkIntegrity(session.connection, { tables, queries: checks, before, timeoutMs: queryTimeoutMs });
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
