import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import { backupName } from '#backup/backup-name';
import type { BackupDestination } from '#backup/destination';
import { checkEncryption } from '#backup/encryption';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { type SealedDocument, sealDocument } from '#backup/sealed-document';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { type BackupLedger, openBackupLedger } from '#release/backup-ledger';
import { type ConfigurationSnapshot, countsOf, formatSnapshot } from '#release/configuration-snapshot';
import { SupabaseError } from '#supabase/supabase-error';
import { VercelError } from '#vercel/vercel-error';
import type { Given } from './inputs.ts';
import { planSources, readConfiguration } from './read-configuration.ts';
import { renderBackup } from './render-backup.ts';

/** Reads the configuration and stores it encrypted in every destination. */
export async function backUp(runner: Runner, given: Given, settings: EnvironmentSettings): Promise<Result> {
  const sources = planSources(runner, given, settings);
  const where = givenDestinations(runner, given, settings.database);
  const scheduled = runner.context.eventName === 'schedule';
  const sourceProject = sources.supabase?.project;
  const { destinations, problems } = planDestinations({ ...where, scheduled, sourceProject });
  problems.push(...sources.problems);
  if (given.vercelToken === undefined && given.supabaseAccessToken === undefined)
    problems.push({
      name: 'vercel-token',
      message: 'or supabase-access-token is needed: there is nothing to read otherwise',
    });
  if (problems.length > 0) throw new InputError(problems);
  try {
    // Before anything is read: what could not be stored is not asked for.
    await checkEncryption(recipientsOf(given));
    const snapshot = await readConfiguration(runner, sources);
    const opened = await openDestinations(destinations, destinationPorts(runner));
    const made = await keepConfiguration(runner, given, snapshot, opened);
    const ledger = openLedger(runner, given, settings);
    return renderBackup(made, snapshot, await ledger.keep(made), { totalsOnly: where.publicRepository });
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof VercelError || error instanceof SupabaseError)) throw error;
    return { decision: 'could-not-verify', reasonCode: error.reasonCode, summary: error.message, failed: true };
  }
}

/** @throws BackupFailed. */
export function keepConfiguration(
  runner: Runner,
  given: Given,
  snapshot: ConfigurationSnapshot,
  destinations: readonly BackupDestination[],
): Promise<SealedDocument> {
  const { clock, context, signal } = runner;
  const { environment } = given;
  return sealDocument({
    kind: 'configuration',
    name: backupName({
      pattern: 'configuration-{environment}-{date}T{time}Z',
      environment: environment ?? snapshot.vercel?.project.name ?? 'project',
      at: clock.now(),
      ...{ runId: context.runId, runAttempt: context.runAttempt },
    }),
    text: formatSnapshot(snapshot),
    counts: countsOf(snapshot),
    ...{ environment, destinations, clock, signal },
    recipients: recipientsOf(given),
  });
}

export function openLedger(runner: Runner, given: Given, { production }: EnvironmentSettings): BackupLedger {
  const { context, logger } = runner;
  const github: GitHub | undefined =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment, acknowledgedRecipients: acknowledged } = given;
  return openBackupLedger(
    github,
    { environment, production, ref: context.sha, acknowledged, of: 'configuration' },
    logger,
  );
}

function recipientsOf({ ageRecipients = [], gpgRecipients = [] }: Given) {
  return { age: ageRecipients, gpg: gpgRecipients };
}
