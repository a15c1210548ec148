import { isAbsolute, join } from 'node:path';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createBackup } from '#backup/create-backup';
import { planDestinations } from '#backup/plan-destinations';
import { DatabaseUrlError, parseDatabaseUrl } from '#postgres/database-url';
import { inputs } from './inputs.ts';
import { isPublic, openDestinations } from './open-destinations.ts';
import { renderBackup } from './render-backup.ts';

/** Makes one encrypted backup, stores it in every destination and proves it. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { logger, signal, clock, context } = runner;
  const { database } = settings;
  const path = given.backupPath ?? database.backupPath;
  const publicRepository = isPublic(context.event);
  const { destinations, problems } = planDestinations({
    words: given.backupDestination ?? database.backupDestinations,
    path,
    artifacts: runner.environment('ACTIONS_RUNTIME_TOKEN') !== undefined,
    hosted: context.hosted,
    publicRepository,
    publicArtifact: given.publicArtifact === 'accepted',
  });
  try {
    parseDatabaseUrl(given.databaseUrl);
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    for (const message of error.problems) problems.push({ name: 'database-url', message });
  }
  if (problems.length > 0) throw new InputError(problems);
  if (given.verify !== 'restore')
    logger.warning(`Weaker than standard: the backup is not restored (verify: ${given.verify})`);
  const folder = path === undefined || isAbsolute(path) ? path : join(context.workspace, path);
  const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const environment = (given.environment ?? 'database').replaceAll(/[^\w.-]+/g, '-');
  const made = await logger.group('Backup', async () =>
    createBackup({
      url: given.databaseUrl,
      name: `backup-${environment}-${at}-${context.runId}.${context.runAttempt}`,
      destinations: await openDestinations(destinations, folder, runner),
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      verify: given.verify,
      ...(given.tables === undefined ? {} : { tables: given.tables }),
      totalsOnly: publicRepository,
      clock,
      deadlineMs: given.deadline,
      log: (line) => logger.info(line),
      signal,
    }),
  );
  return renderBackup(made);
}
