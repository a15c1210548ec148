import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { databasePorts, databaseRequest } from '#action-kit/database-target';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { backupName } from '#backup/backup-name';
import { createBackup } from '#backup/create-backup';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { createGitHub } from '#github/client';
import { weakConnection } from '#postgres/database-url';
import { openBackupLedger } from '#release/backup-ledger';
import { openDatabaseAccess } from '#supabase/database-access';
import { planNeededDatabase } from '#supabase/plan-database-target';
import { resolveDatabase } from '#supabase/resolve-database';
import { inputs } from './inputs.ts';
import { type BackupSource, planSource } from './plan-source.ts';
import { renderBackup } from './render-backup.ts';
import { commandEnvironment } from './store-commands.ts';

/** Makes one encrypted backup, stores it in every destination and proves it. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { logger, signal, clock, context } = runner;
  const where = givenDestinations(runner, given, settings.database);
  const target = planNeededDatabase(await databaseRequest(runner, given, settings));
  const source: BackupSource =
    target.url === undefined ? { problems: target.problems } : planSource(target.url, settings.database.project);
  const sourceProject = source.project ?? settings.database.project;
  const scheduled = context.eventName === 'schedule';
  const unset: InputProblem[] = [];
  const environment = commandEnvironment(runner, given.commandEnvironment ?? [], unset);
  const { storeCommand: store, fetchCommand: fetch, deadline: deadlineMs } = given;
  const commands = { store, fetch, environment, deadlineMs };
  const { destinations, problems } = planDestinations({ ...where, commands, scheduled, sourceProject });
  problems.push(...source.problems, ...unset);
  if (problems.length > 0) throw new InputError(problems);
  const { tlsReason } = settings.database;
  for (const weakness of weakConnection(target.url, tlsReason)) logger.warning(weakness);
  if (given.verify !== 'restore')
    logger.warning(`Weaker than standard: the backup is not restored (verify: ${given.verify})`);
  const ports = { ...databasePorts(runner, given, openDatabaseAccess), readOnly: false, tlsReason };
  const url = await resolveDatabase({ ...target, url: target.url ?? '' }, ports);
  const made = await logger.group('Backup', async () =>
    createBackup({
      url,
      name: backupName({
        pattern: settings.database.backupName,
        environment: given.environment ?? 'database',
        at: clock.now(),
        ...{ runId: context.runId, runAttempt: context.runAttempt },
      }),
      kind: context.eventName === 'schedule' ? 'scheduled' : 'manual',
      ...(given.environment === undefined ? {} : { environment: given.environment }),
      destinations: await openDestinations(destinations, destinationPorts(runner)),
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      verify: given.verify,
      scratchImage: settings.database.scratchImage,
      ...(given.tables === undefined ? {} : { tables: given.tables }),
      totalsOnly: where.publicRepository,
      clock,
      deadlineMs,
      log: (line) => logger.info(line),
      signal,
    }),
  );
  const github =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment: named } = given;
  const { production } = settings;
  const acknowledged = given.acknowledgedRecipients;
  const ledger = openBackupLedger(github, { environment: named, production, ref: context.sha, acknowledged }, logger);
  return renderBackup(made, await ledger.keep(made));
}
