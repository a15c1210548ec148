import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createBackup } from '#backup/create-backup';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { createGitHub } from '#github/client';
import { openBackupLedger } from '#release/backup-record';
import { inputs } from './inputs.ts';
import { planSource } from './plan-source.ts';
import { renderBackup } from './render-backup.ts';

/** Makes one encrypted backup, stores it in every destination and proves it. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { logger, signal, clock, context } = runner;
  const where = givenDestinations(runner, given, settings.database);
  const source = planSource(given.databaseUrl, settings.database.project);
  const sourceProject = source.project ?? settings.database.project;
  const scheduled = context.eventName === 'schedule';
  const { destinations, problems } = planDestinations({ ...where, scheduled, sourceProject });
  problems.push(...source.problems);
  if (problems.length > 0) throw new InputError(problems);
  if (source.weakening !== undefined) logger.warning(`Weaker than standard: ${source.weakening}`);
  if (given.verify !== 'restore')
    logger.warning(`Weaker than standard: the backup is not restored (verify: ${given.verify})`);
  const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const environment = (given.environment ?? 'database').replaceAll(/[^\w.-]+/g, '-');
  const made = await logger.group('Backup', async () =>
    createBackup({
      url: given.databaseUrl,
      name: `backup-${environment}-${at}-${context.runId}.${context.runAttempt}`,
      kind: context.eventName === 'schedule' ? 'scheduled' : 'manual',
      ...(given.environment === undefined ? {} : { environment: given.environment }),
      destinations: await openDestinations(destinations, destinationPorts(runner)),
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      verify: given.verify,
      ...(given.tables === undefined ? {} : { tables: given.tables }),
      totalsOnly: where.publicRepository,
      clock,
      deadlineMs: given.deadline,
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
  const ledger = openBackupLedger(github, { environment: named, production, ref: context.sha }, logger);
  const { removedRecipients } = await ledger.keep(made);
  return renderBackup(made, removedRecipients);
}
