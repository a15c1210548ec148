import { supabaseConnection } from '#action-kit/connections';
import { databasePorts, databaseRequest } from '#action-kit/database-target';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { checkIntegrity } from '#postgres/check-integrity';
import { connect, type DatabaseConnection, DatabaseUnreachable } from '#postgres/connection';
import { countTables } from '#postgres/count-tables';
import { sqlstateOf } from '#postgres/database-error';
import { weakConnection } from '#postgres/database-url';
import { diagnose } from '#postgres/doctor/diagnose';
import { readDatabaseReport } from '#postgres/doctor/read-database-report';
import { type QueryTotals, readQueryTotals } from '#postgres/doctor/read-query-totals';
import { parseFeatures } from '#probe/features-found';
import type { AfterReleaseFacts } from '#release/after-release/after-release-record';
import { type LookName, standardTolerance } from '#release/after-release/classify-requirement';
import {
  judgeBackups,
  judgeData,
  judgeDatabase,
  judgeGate,
  judgeRecovery,
  type LookAnswer,
} from '#release/after-release/judge-looks';
import { judgeQueryTime, withQueryTime } from '#release/after-release/judge-query-time';
import { judgeRowCounts, tablesToCount } from '#release/after-release/judge-row-counts';
import { judgeTests } from '#release/after-release/judge-tests';
import { newestBackup } from '#release/backup-record';
import { decideRequiredChecks } from '#release/decide-review';
import { readDrills } from '#release/drill-record';
import { readMigrationRecords } from '#release/migration-record';
import { readRequiredChecks } from '#release/read-review';
import { openDatabaseAccess } from '#supabase/database-access';
import { planDatabaseTarget } from '#supabase/plan-database-target';
import { openPlatformBackups } from '#supabase/platform-backups';
import { resolveDatabase } from '#supabase/resolve-database';
import { SupabaseError } from '#supabase/supabase-error';
import type { inputs } from './inputs.ts';
import { readRowsBefore } from './rows-before.ts';

export type Given = InputValues<typeof inputs>;

/** Of one table or query. */
const queryTimeoutMs = 60_000;
/** After this no further table is counted. */
const countingMs = 2 * 60_000;

/**
 * Answers the looks that the windows wait for, each once. One that fails could not run, whatever it failed of: what the others, and
 * the sources, have found is recorded all the same. Never rejects but when the run is cancelled.
 */
export async function look(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: {
    github: GitHub;
    wanted: ReadonlySet<LookName>;
    /** The release that is looked at, and what its record says; milliseconds. */
    commit: string;
    promotedAt: number;
    facts: Pick<AfterReleaseFacts, 'decision' | 'queriesBefore'>;
    /** Records what later looks compare with. @throws GitHubError. */
    keepQueries(totals: QueryTotals): Promise<void>;
  },
): Promise<Map<LookName, LookAnswer>> {
  const { github, wanted } = about;
  const found = new Map<LookName, LookAnswer>();
  const answer: Answer = async (kind, ask) => {
    if (!wanted.has(kind)) return;
    try {
      found.set(kind, await ask());
    } catch (error) {
      runner.signal.throwIfAborted();
      const value = whyNot(error);
      runner.logger.warning(`${kind} could not be looked at: ${value}`);
      found.set(kind, { verdict: 'could-not-run', value });
    }
  };
  await answer('health', async () => judgeGate(given.health, given.healthSummary));
  await answer('smoke', async () => {
    if (!hasSmoke(settings)) return { verdict: 'could-not-run', value: 'ops.yml names no smoke tests' };
    return judgeGate(given.smoke, given.smokeSummary);
  });
  await answer('end-to-end', async () => {
    if (settings.smoke.endToEnd === undefined)
      return { verdict: 'needs-confirmation', value: 'ops.yml names no smoke.end-to-end' };
    return judgeGate(given.endToEnd, given.endToEndSummary);
  });
  for (const { name, command, checks } of settings.smoke.features ?? [])
    await answer(`feature ${name}`, async () => {
      if (command === undefined && checks === undefined)
        return { verdict: 'needs-confirmation', value: `ops.yml has no check for ${name}` };
      const { decision, summary } = parseFeatures(given.features)[name] ?? {};
      return judgeGate(decision, summary);
    });
  await answer('tests', async () => {
    const { commit } = about;
    const { decision } = about.facts;
    const { requiredChecks: required = [] } = settings.release;
    const against = decideRequiredChecks({
      commit,
      required,
      found: required.length === 0 ? [] : await readRequiredChecks(github, commit, required),
    });
    return judgeTests({ required, against, hasSmoke: hasSmoke(settings), decision });
  });
  if (['data', 'rows', 'database', 'queries'].some((kind) => wanted.has(kind as LookName)))
    await lookIntoDatabase(runner, given, settings, about, answer);
  const { environment } = settings;
  const now = runner.clock.now() / 1000;
  await answer('backups', async () => {
    const [own, platform] = await Promise.all([
      newestBackup(github, environment),
      readPlatform(runner, given, settings),
    ]);
    return judgeBackups({ own, platform, now });
  });
  await answer('recovery', async () => {
    const [drills, migrations] = await Promise.all([
      readDrills(github, environment),
      readMigrationRecords(github, environment),
    ]);
    const newestMigration = migrations.findLast(({ direction }) => direction !== 'back');
    const limitMs = settings.drills?.overdueMs;
    const migratedAt = newestMigration === undefined ? undefined : newestMigration.at / 1000;
    return judgeRecovery({ drills, migratedAt, now, limitSeconds: limitMs && limitMs / 1000 });
  });
  return found;
}

function hasSmoke({ smoke: { command, checks = [] } }: EnvironmentSettings): boolean {
  return command !== undefined || checks.length > 0;
}

type Answer = (kind: LookName, ask: () => Promise<LookAnswer>) => Promise<void>;

/** Words of a database may carry values (S29). */
function whyNot(error: unknown): string {
  if (error instanceof DatabaseUnreachable) return 'the database cannot be reached';
  const state = sqlstateOf(error);
  if (state !== undefined) return `the database refused (SQLSTATE ${state})`;
  return cleanText(error instanceof Error ? error.message : String(error), 300);
}

async function lookIntoDatabase(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: Pick<Parameters<typeof look>[3], 'github' | 'promotedAt' | 'facts' | 'keepQueries'>,
  answer: Answer,
): Promise<void> {
  const connecting = connectTo(runner, given, settings);
  // Both looks wait for it, and each says what it failed of.
  connecting.catch(() => {});
  const missing: LookAnswer = { verdict: 'could-not-run', value: 'DATABASE_URL was not given' };
  try {
    await answer('data', async () => {
      const connection = await connecting;
      if (connection === undefined) return missing;
      const { rollbackChecks: queries = [], rollbackTables: tables = [] } = settings.database;
      const checks = { tables, queries, everyRow: true, timeoutMs: queryTimeoutMs };
      const nothing = queries.length + tables.length === 0;
      return judgeData(nothing ? undefined : await checkIntegrity(connection, checks));
    });
    await answer('rows', async () => {
      const connection = await connecting;
      return connection === undefined ? missing : await lookAtRows(connection, runner, given, settings, about);
    });
    // Last: it makes the session read-only for good.
    let doctor: LookAnswer | undefined;
    const examine = async (connection: DatabaseConnection): Promise<LookAnswer> => {
      doctor ??= judgeDatabase(diagnose(await readDatabaseReport(connection, { schemas: ['public'] })));
      return doctor;
    };
    await answer('database', async () => {
      const connection = await connecting;
      return connection === undefined ? missing : await examine(connection);
    });
    await answer('queries', async () => {
      const connection = await connecting;
      if (connection === undefined) return missing;
      const found = await examine(connection);
      return withQueryTime(found, await lookAtQueries(connection, { ...about, runner, settings }));
    });
  } finally {
    const connection = await connecting.catch(() => undefined);
    await connection?.close();
  }
}

/** Whether tables have lost rows since the backup before the release. @throws what is no answer, or of a store. */
async function lookAtRows(
  connection: DatabaseConnection,
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  about: Pick<Parameters<typeof look>[3], 'github' | 'promotedAt'>,
): Promise<LookAnswer> {
  const before = await readRowsBefore(runner, given, settings, about);
  if ('notJudged' in before) return { verdict: 'needs-confirmation', value: `not judged: ${before.notJudged}` };
  const { rowCountsExcept = [], tolerance = standardTolerance } = settings.afterRelease ?? {};
  const tables = tablesToCount(before.tables, rowCountsExcept);
  const until = runner.clock.now() + countingMs;
  const now = await countTables(
    connection,
    tables.map(({ name }) => name),
    { timeoutMs: queryTimeoutMs, over: () => runner.clock.now() > until },
  );
  return judgeRowCounts(tables, now, tolerance);
}

/** How long queries take; the first look records what later ones compare with. */
async function lookAtQueries(
  connection: DatabaseConnection,
  about: Pick<Parameters<typeof look>[3], 'promotedAt' | 'facts' | 'keepQueries'> & {
    runner: Runner;
    settings: EnvironmentSettings;
  },
): Promise<LookAnswer> {
  const { facts, promotedAt, runner, settings } = about;
  const totals = await readQueryTotals(connection);
  if (!totals.read) return { verdict: 'needs-confirmation', value: totals.reason };
  const { keep, ...answer } = judgeQueryTime({
    totals: totals.value,
    before: facts.queriesBefore,
    promotedAt,
    now: runner.clock.now(),
    tolerance: settings.afterRelease?.tolerance ?? standardTolerance,
  });
  if (keep !== undefined) await about.keepQueries(keep);
  return answer;
}

/** Undefined where no database is given. @throws InputError, SupabaseError, DatabaseUnreachable. */
async function connectTo(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<DatabaseConnection | undefined> {
  const target = planDatabaseTarget(await databaseRequest(runner, given, settings));
  if (target.problems.length > 0) throw new InputError(target.problems);
  if (target.url === undefined) return undefined;
  const ports = { ...databasePorts(runner, given, openDatabaseAccess), readOnly: true };
  const url = await resolveDatabase({ ...target, url: target.url }, ports);
  for (const weakness of weakConnection(url, settings.database.tlsReason)) runner.logger.warning(weakness);
  return await connect(url, { applicationName: 'ops-actions after-release', signal: runner.signal });
}

async function readPlatform(runner: Runner, given: Given, settings: EnvironmentSettings) {
  const supabaseProject = given.supabaseProject ?? settings.database.project;
  const connection = supabaseConnection(runner, { ...given, supabaseProject }, settings);
  if (connection === undefined) return undefined;
  try {
    return await openPlatformBackups(connection).read();
  } catch (error) {
    runner.signal.throwIfAborted();
    if (!(error instanceof SupabaseError)) throw error;
    return error;
  }
}
