import { isPublic } from '#action-kit/public-repository';
import type { Runner } from '#action-kit/runner';
import { beforeRestoreName } from '#backup/backup-name';
import { type BackupResult, createBackup } from '#backup/create-backup';
import type { BackupDestination } from '#backup/destination';
import type { BackupLedger } from '#release/backup-ledger';

export interface BackUpOptions {
  url: string;
  environment: string | undefined;
  destinations: readonly BackupDestination[];
  recipients: readonly string[];
  gpgRecipients: readonly string[];
  deadlineMs: number;
  /** The only image that dump and scratch server may use. */
  scratchImage?: string | undefined;
  /** Knows it afterwards, so that it can be found, proven and pruned like every other one (S26); undefined: it is no backup of the environment. */
  ledger: Pick<BackupLedger, 'keep'> | undefined;
}

/**
 * Backs up and proves the state that a restore is about to give up: the way back from it. What it says of keys that were taken
 * away is only said: a way back does not wait for that. @throws the errors of a backup
 */
export async function backUpPresent(
  runner: Runner,
  { ledger, environment, ...options }: BackUpOptions,
): Promise<BackupResult | { reasonCode: string; message: string }> {
  const { clock, context, logger, signal } = runner;
  const saved = await createBackup({
    ...options,
    name: beforeRestoreName({ at: clock.now(), runId: context.runId, runAttempt: context.runAttempt }),
    ...(environment === undefined ? {} : { environment }),
    totalsOnly: isPublic(context.event),
    clock,
    log: (line) => logger.info(line),
    signal,
  });
  await ledger?.keep(saved);
  const { verdict, message } = saved.manifest.verification;
  if (verdict === 'verified') return saved;
  const why = `the present state could not be saved first (${verdict}: ${message})`;
  return { reasonCode: 'present_state_not_saved', message: why };
}
