import { stat } from 'node:fs/promises';
import { givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { databasePorts, databaseRequest } from '#action-kit/database-target';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { openBackupLedger } from '#release/backup-ledger';
import { approvalPort } from '#release/migration-approval';
import { isForwardOnly } from '#release/plan-forward-fix';
import { readCheckout } from '#release/read-checkout';
import { parseReleaseHandle } from '#release/release-handle';
import { openDatabaseAccess } from '#supabase/database-access';
import { type DatabaseTarget, planDatabaseTarget } from '#supabase/plan-database-target';
import { type DatabasePorts, resolveDatabase } from '#supabase/resolve-database';
import { withReadableChecks } from './back-options.ts';
import { checkFeasible, makeBackup, newestBackup, startScratch, youngBackup } from './backup-step.ts';
import { mayGoBack } from './decide-back-to.ts';
import { searchDeployed } from './deployed-code.ts';
import { describeFinding } from './describe-ending.ts';
import { readEarlierAttempts } from './earlier-attempts.ts';
import { endForwardFixes } from './end-forward-fixes.ts';
import { inputs } from './inputs.ts';
import { migrate } from './migrate.ts';
import { openMigrationLedger } from './migration-ledger.ts';
import { type Given, type MigrateOptions, planOptions } from './plan-options.ts';
import { platformPoint } from './platform-point.ts';
import { askStillNeeded } from './previous-needs.ts';
import { commentPlan, readChangedMigrations, writePlan } from './pull-request.ts';
import { recordOutcome, releaseRecord } from './release-record.ts';
import { adviceOf, renderMigration } from './render-migration.ts';
import { describeFile } from './render-page.ts';
import { runCommand } from './run-command.ts';
import { schemaCacheProver } from './schema-cache.ts';
import { type UnblockedSession, unblocker } from './unblock-step.ts';

/** Proves a restore point, then applies pending migrations; with nothing pending it is one query. */
export async function main(runner: Runner): Promise<Result> {
  const read: Given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, read);
  const { logger, signal, context } = runner;
  const target = planDatabaseTarget(await databaseRequest(runner, read, settings, read.migrationsDir));
  const given = { ...read, databaseUrl: target.url };
  const planned = planOptions(given, settings, {
    workspace: context.workspace,
    stores: givenDestinations(runner, given, settings.database),
    problems: target.problems,
  });
  const back =
    planned.mode === 'rollback' || planned.mode === 'plan' ? await withReadableChecks(planned.back) : planned.back;
  const options = await withDatabase({ ...planned, back }, target, {
    ...databasePorts(runner, given, openDatabaseAccess),
    readOnly: planned.mode === 'plan',
    tlsReason: settings.database.tlsReason,
  });
  for (const weakening of options.weakenings) logger.warning(`Weaker than standard: ${weakening}`);
  const github =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment } = given;
  const { production } = settings;
  const acknowledged = given.acknowledgedRecipients;
  const ledger = openBackupLedger(github, { environment, production, ref: context.sha, acknowledged }, logger);
  const release = given.release === undefined ? undefined : parseReleaseHandle(given.release);
  const key = release?.key;
  const migrations = openMigrationLedger(github, { environment, production, ref: context.sha, key }, logger.warning);
  const record = releaseRecord(runner, given, migrations);
  const unblocked: UnblockedSession[] = [];
  const migration = await migrate(options, {
    log: (line) => logger.info(line),
    signal,
    inRelease: given.release !== undefined,
    approval: approvalPort(github, context.runId),
    unblock:
      options.unblock === undefined || options.url === undefined
        ? undefined
        : unblocker(runner, options.url, options.unblock, unblocked),
    commit: async () => (await readCheckout(context)).commit,
    deployedUses:
      given.release === undefined
        ? (removed) => searchDeployed(runner, given, settings, github, { folder: options.folder, removed })
        : undefined,
    stillNeeded:
      given.release !== undefined && planned.phase !== 'contract'
        ? undefined
        : () => askStillNeeded(runner, given, settings, github),
    folderExists: isFolder,
    record,
    proveSchemaCache: schemaCacheProver(runner, given, settings, options.url),
    checkBackup: () => checkFeasible(options, ledger),
    run: (command, stop) =>
      logger.group(`Command: ${command}`, () =>
        runCommand(command, options, {
          workspace: context.workspace,
          environment: given.environment ?? '',
          signal: stop === undefined ? signal : AbortSignal.any([signal, stop]),
          log: (line) => logger.info(line),
        }),
      ),
    changedMigrations: () => readChangedMigrations(runner, github, options),
    scratch: (major) => startScratch(major, options.scratchImage, signal),
    platformPoint: () => platformPoint(runner, given, options, github),
    youngBackup: () => youngBackup(runner, options, ledger),
    now: () => runner.clock.now(),
    newestBackup: () => newestBackup(runner, options, ledger),
    createBackup: () => makeBackup(runner, options, given.environment ?? 'database', ledger),
  });
  if ('inspection' in migration && migration.inspection !== undefined) {
    for (const finding of migration.inspection.findings) {
      logger[finding.severity === 'refuse' ? 'error' : 'warning'](describeFinding(finding));
    }
    const { gaps } = migration.inspection;
    if (gaps.length > 0) logger.notice(`Numbers missing in ${options.folder}: ${gaps.join(', ')}`);
  }
  for (const { rule, object, message } of adviceOf(migration))
    logger.warning(`New in the schema: ${rule}: ${object}: ${message}`);
  for (const file of 'plan' in migration ? (migration.plan?.files ?? []) : [])
    logger.info(`${file.file}: ${describeFile(file)}`);
  await recordOutcome(record, migrations, migration, (line) => logger.warning(line));
  if (environment !== undefined && isForwardOnly(options.back.policy))
    await endForwardFixes(github, environment, migration, context.workspace, logger.warning);
  const sameRun = release !== undefined && settings.database.contract === 'same-run';
  const earlier =
    release !== undefined && mayGoBack({ ...options, release })
      ? await readEarlierAttempts(github, release, { runAttempt: context.runAttempt, warn: logger.warning })
      : undefined;
  const told = renderMigration(migration, { ...options, sameRun, release, earlier });
  const result = unblocked.length === 0 ? told : { ...told, details: { ...told.details, unblocked } };
  if (given.planFile !== undefined) await writePlan(context.workspace, given.planFile, result);
  if (given.comment !== undefined) {
    const name = { of: environment ?? options.folder, plan: given.commentName };
    await commentPlan(runner, github, name, migration, result);
  }
  return result;
}

/** The way to the database is looked for only where there is something to do: a project without a folder is nobody's business. */
async function withDatabase(
  options: MigrateOptions,
  target: DatabaseTarget,
  ports: DatabasePorts,
): Promise<MigrateOptions> {
  const { url, command, directory } = options;
  if (url === undefined) return options;
  if (command === undefined && !(await isFolder(directory))) return options;
  const resolve = () => resolveDatabase({ ...target, url }, ports);
  return { ...options, url: await resolve(), ...(target.loginRole ? { renewUrl: resolve } : {}) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
