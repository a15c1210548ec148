import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { openDecryption } from '#backup/encryption';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { openBackup, rehearseRestore } from '#backup/restore-backup';
import { createGitHub } from '#github/client';
import { openBackupLedger } from '#release/backup-record';
import { type Given, privateKey } from './inputs.ts';
import { readRestoreChecks } from './plan-point-in-time.ts';
import { planTarget } from './plan-target.ts';
import { renderRefusal, renderRehearsal } from './render-restore.ts';
import { replaceLive } from './replace-live.ts';

/** Restores a backup into a throw-away server, or, where a target is given and typed, into a live database. */
export async function restore(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const {
    problems,
    weakening,
    expected: target,
  } = planTarget(given.targetUrl, given.confirm, settings.database.project);
  // Read, not stored: nothing here is about what outlives the run. But what replaces a project replaces its storage, too.
  const words = given.backupDestination ?? ['directory'];
  const where = givenDestinations(runner, { ...given, backupDestination: words }, settings.database);
  const planned = planDestinations({ ...where, hosted: false, publicRepository: false, sourceProject: target });
  problems.push(...planned.problems);
  if (words.length > 1) {
    problems.push({
      name: 'backup-destination',
      given: words.join(', '),
      message: 'names several places, and one backup is read from one of them',
      allowed: 'one of these',
    });
  }
  const checks = readRestoreChecks(given, problems);
  if (given.targetUrl === undefined && checks.tables.length + checks.queries.length > 0)
    problems.push({ name: 'target-url', message: 'is needed to check tables and to ask queries afterwards' });
  const { manifest: manifestFile } = given;
  if (manifestFile === undefined) {
    problems.push({
      name: 'manifest',
      message: 'is needed by mode: restore',
      allowed: 'the file name of a manifest in backup-destination; mode: drill takes the newest verified backup',
    });
  }
  const { logger, signal, context } = runner;
  if (weakening !== undefined) logger.warning(`Weaker than standard: ${weakening}`);
  const github =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment } = given;
  const { production } = settings;
  const ledger = openBackupLedger(github, { environment, production, ref: context.sha }, logger);
  const digest = given.digest ?? (manifestFile === undefined ? undefined : await ledger.digestOf(manifestFile));
  if (digest === undefined && manifestFile !== undefined) {
    problems.push({
      name: 'digest',
      message: `is needed: the ledger${environment === undefined ? '' : ` of ${environment}`} does not know ${manifestFile}, and everybody can encrypt to a public key (S26)`,
      allowed:
        'sha256:... from the summary of the run that made the backup; or environment, and a github-token with deployments: read',
    });
  }
  if (problems.length > 0 || digest === undefined || manifestFile === undefined) throw new InputError(problems);
  const [destination] = await openDestinations(planned.destinations, destinationPorts(runner));
  if (destination === undefined) throw new Error('no destination was planned');
  let decryption: Awaited<ReturnType<typeof openDecryption>> | undefined;
  try {
    decryption = await openDecryption(privateKey(given), signal);
    const backup = await openBackup({ destination, manifestFile, digest, decryption, signal });
    logger.info(
      `${backup.manifest.name}: the stored bytes are those of the digest that was ${given.digest === undefined ? 'recorded' : 'given'}; restoring into a scratch server`,
    );
    const run = { deadlineMs: given.deadline, log: (line: string) => logger.info(line), signal };
    // Tried on a scratch server first, whatever comes after.
    const rehearsal = await rehearseRestore(backup, run);
    if (given.targetUrl === undefined || rehearsal.verdict !== 'verified') {
      return renderRehearsal(backup.manifest, rehearsal, given.targetUrl !== undefined);
    }
    return await replaceLive(runner, backup, {
      url: given.targetUrl,
      destination,
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      deadlineMs: given.deadline,
      checks,
    });
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    return renderRefusal(error.reasonCode, error.message);
  } finally {
    await decryption?.close();
  }
}
