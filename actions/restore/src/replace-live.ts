import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { checkRestored, type RestoreChecks } from '#backup/check-restored';
import { createBackup } from '#backup/create-backup';
import type { BackupDestination } from '#backup/destination';
import type { OpenedBackup } from '#backup/restore-backup';
import { compareRestoredRows, describeLoss, readLive, restoreLive } from '#backup/restore-live';
import { renderRefusal, renderReplaced } from './render-restore.ts';

/** Saves the present state, says what going back loses, replaces, and reads the rows again. */
export async function replaceLive(
  runner: Runner,
  backup: OpenedBackup,
  options: {
    url: string;
    destination: BackupDestination;
    recipients: readonly string[];
    gpgRecipients: readonly string[];
    deadlineMs: number;
    checks: RestoreChecks;
  },
): Promise<Result> {
  const { logger, signal, clock, context } = runner;
  const { url, deadlineMs } = options;
  const stored = backup.contents.contents;
  const at = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const saved = await createBackup({
    url,
    name: `before-restore-${at}-${context.runId}.${context.runAttempt}`,
    destinations: [options.destination],
    recipients: options.recipients,
    gpgRecipients: options.gpgRecipients,
    clock,
    deadlineMs,
    log: (line) => logger.info(line),
    signal,
  });
  const { verification, object } = saved.manifest;
  if (verification.verdict !== 'verified') {
    return renderRefusal(
      'present_state_not_saved',
      `the present state could not be saved first (${verification.verdict}: ${verification.message}); the database was not touched`,
    );
  }
  logger.info(
    `the present state is saved as ${saved.manifestFile}, sha256:${object.sha256}: the way back from this restore`,
  );
  const loss = describeLoss((await readLive(url, stored)).contents, stored);
  for (const line of loss) logger.warning(`Lost or changed by going back: ${line}`);
  logger.info('replacing the database in one transaction; if this run ends now, the database is as it was');
  const started = clock.now();
  await restoreLive(url, backup, { deadlineMs, signal });
  const seconds = (clock.now() - started) / 1000;
  const wrong = compareRestoredRows((await readLive(url, stored)).contents, stored);
  const { faults, seen } = await checkRestored(url, options.checks, signal);
  for (const line of seen) logger.info(`checked: ${line}`);
  return renderReplaced({ manifest: backup.manifest, saved, loss, wrong, faults, seconds });
}
