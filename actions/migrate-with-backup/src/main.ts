import { stat } from 'node:fs/promises';
import { givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { openBackupLedger } from '#release/backup-record';
import { parseReleaseHandle } from '#release/release-handle';
import { approvalPort } from './approval.ts';
import { checkFeasible, makeBackup, newestBackup, startScratch } from './backup-step.ts';
import { searchDeployed } from './deployed-code.ts';
import { describeFinding } from './describe-ending.ts';
import { inputs } from './inputs.ts';
import { migrate } from './migrate.ts';
import { openMigrationLedger } from './migration-ledger.ts';
import { type Given, planOptions } from './plan-options.ts';
import { platformPoint } from './platform-point.ts';
import { commentPlan, readChangedMigrations } from './pull-request.ts';
import { recordOutcome, releaseRecord } from './release-record.ts';
import { adviceOf, renderMigration } from './render-migration.ts';
import { describeFile } from './render-page.ts';
import { runCommand } from './run-command.ts';
import { schemaCacheProver } from './schema-cache.ts';

/** Proves a restore point, then applies pending migrations; with nothing pending it is one query. */
export async function main(runner: Runner): Promise<Result> {
  const given: Given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { logger, signal, context } = runner;
  const options = planOptions(given, settings, {
    workspace: context.workspace,
    stores: givenDestinations(runner, given, settings.database),
  });
  for (const weakening of options.weakenings) logger.warning(`Weaker than standard: ${weakening}`);
  const github =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment } = given;
  const { production } = settings;
  const ledger = openBackupLedger(github, { environment, production, ref: context.sha }, logger);
  const key = given.release === undefined ? undefined : parseReleaseHandle(given.release).key;
  const migrations = openMigrationLedger(github, { environment, production, ref: context.sha, key }, logger.warning);
  const record = releaseRecord(runner, given, migrations);
  const migration = await migrate(options, {
    log: (line) => logger.info(line),
    signal,
    inRelease: given.release !== undefined,
    approval: approvalPort(github, context.runId),
    deployedUses:
      given.release === undefined
        ? (removed) => searchDeployed(runner, given, settings, github, { folder: options.folder, removed })
        : undefined,
    folderExists: async (path) => (await stat(path).catch(() => undefined))?.isDirectory() ?? false,
    record,
    proveSchemaCache: schemaCacheProver(runner, given, settings),
    checkBackup: () => checkFeasible(options),
    run: (command) =>
      logger.group(`Command: ${command}`, () =>
        runCommand(command, options, {
          workspace: context.workspace,
          environment: given.environment ?? '',
          signal,
          log: (line) => logger.info(line),
        }),
      ),
    changedMigrations: () => readChangedMigrations(runner, github, options),
    scratch: (major) => startScratch(major, signal),
    platformPoint: () => platformPoint(runner, given, options, github),
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
  const result = renderMigration(migration, options);
  if (given.comment !== undefined) {
    await commentPlan(runner, github, environment ?? options.folder, migration, result);
  }
  return result;
}
