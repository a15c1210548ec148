import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { type Decryption, openDecryption } from '#backup/encryption';
import { PostgresMissing } from '#backup/find-postgres';
import { findVerifiedBackup } from '#backup/find-verified-backup';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { createGitHub } from '#github/client';
import { openBackupLedger } from '#release/backup-ledger';
import { DatabaseTargetError } from '#supabase/resolve-database';
import { type Given, privateKey } from './inputs.ts';

/** Why something could not be done. */
export interface Reason {
  reasonCode: string;
  message: string;
}

/** Where the backups of an environment are, and what the ledger says of them; `more` are mistakes that are told with ours. @throws InputError */
export async function openStoredBackups(runner: Runner, given: Given, more: readonly InputProblem[] = []) {
  const settings = await loadSettings(runner, given);
  const { environment, githubToken, mode } = given;
  const { context, logger } = runner;
  const github =
    githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, githubToken));
  // A verification also reads artifacts of earlier runs, which takes a right more.
  const ofRepository =
    mode === 'verify' && github !== undefined && githubToken !== undefined ? { github, token: githubToken } : undefined;
  // Read, not stored: nothing here is about what outlives the run.
  const where = givenDestinations(runner, given, settings.database);
  const artifacts = where.artifacts || ofRepository !== undefined;
  const planned = planDestinations({ ...where, artifacts, hosted: false, publicRepository: false });
  const problems: InputProblem[] = [...planned.problems, ...more];
  if (environment === undefined) {
    const message = `is needed by mode: ${mode}, which looks for the newest verified backup of an environment`;
    problems.push({ name: 'environment', message });
  }
  if (github === undefined) {
    const message = `is needed by mode: ${mode}: the ledger says which backup is ours (S26), and keeps how the run ended`;
    problems.push({ name: 'github-token', message, allowed: 'a token with deployments: write' });
  }
  if (problems.length > 0 || environment === undefined || github === undefined) throw new InputError(problems);
  const place = { environment, production: settings.production, ref: context.sha };
  const ledger = openBackupLedger(github, place, logger);
  const destinations = await openDestinations(planned.destinations, destinationPorts(runner, ofRepository));
  return { settings, environment, github, place, ledger, destinations };
}

/** The key that opens the backups; undefined where it is a mistake, which is told with the others. */
export async function openKey(
  { signal }: Pick<Runner, 'signal'>,
  given: Given,
  problems: InputProblem[],
): Promise<Decryption | undefined> {
  return await openDecryption(privateKey(given), signal).catch((error: unknown) => {
    if (!(error instanceof BackupFailed)) throw error;
    problems.push({
      name: given.gpgPrivateKey === undefined ? 'age-identity' : 'gpg-private-key',
      message: error.message,
    });
    return undefined;
  });
}

/** The same with the key that opens them. @throws InputError */
export async function openDrillSource(runner: Runner, given: Given, more: readonly InputProblem[] = []) {
  const { logger, signal } = runner;
  const problems = [...more];
  const decryption = await openKey(runner, given, problems);
  try {
    const stored = await openStoredBackups(runner, given, problems);
    if (decryption === undefined) throw new InputError(problems);
    const { environment, ledger, destinations } = stored;
    return {
      ...stored,
      decryption,
      /** The newest one that the ledger knows, or why there is none. */
      async findNewest(at: number) {
        const log = (line: string) => logger.info(line);
        const asked = { environment, now: at, recorded: ledger.knows };
        return (await orReason(signal, findVerifiedBackup(destinations, asked, log))) ?? noBackup(environment);
      },
    };
  } catch (error) {
    await decryption?.close();
    throw error;
  }
}

function noBackup(environment: string): Reason {
  const message = `there is no verified backup of ${environment} that the ledger knows`;
  return { reasonCode: 'no_backup', message };
}

/** A drill that cannot go on has failed; only an abort ends it without a record. */
export async function orReason<T>(signal: AbortSignal, made: Promise<T>): Promise<T | Reason> {
  try {
    return await made;
  } catch (error) {
    signal.throwIfAborted();
    const isReason =
      error instanceof BackupFailed || error instanceof PostgresMissing || error instanceof DatabaseTargetError;
    if (!isReason) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}
