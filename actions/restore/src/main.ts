import { destinationPorts, givenDestinations } from '#action-kit/backup-destinations';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { openDecryption } from '#backup/encryption';
import { openDestinations } from '#backup/open-destinations';
import { planDestinations } from '#backup/plan-destinations';
import { openBackup, rehearseRestore } from '#backup/restore-backup';
import { inputs } from './inputs.ts';
import { planTarget } from './plan-target.ts';
import { renderRefusal, renderRehearsal } from './render-restore.ts';
import { replaceLive } from './replace-live.ts';

/** Restores a backup into a throw-away server, or, where a target is given and typed, into a live database. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { problems } = planTarget(given.targetUrl, given.confirm);
  // Read, not stored: nothing here is about what outlives the run.
  const word = given.backupDestination ?? 'directory';
  const where = givenDestinations(runner, { ...given, backupDestination: [word] }, settings.database);
  const planned = planDestinations({ ...where, hosted: false, publicRepository: false });
  problems.push(...planned.problems);
  if (problems.length > 0) throw new InputError(problems);
  const { logger, signal } = runner;
  const [destination] = await openDestinations(planned.destinations, destinationPorts(runner));
  if (destination === undefined) throw new Error('no destination was planned');
  let decryption: Awaited<ReturnType<typeof openDecryption>> | undefined;
  try {
    decryption = await openDecryption(
      {
        ...(given.ageIdentity === undefined ? {} : { ageIdentity: given.ageIdentity }),
        ...(given.gpgPrivateKey === undefined ? {} : { gpgPrivateKey: given.gpgPrivateKey }),
        ...(given.gpgPassphrase === undefined ? {} : { gpgPassphrase: given.gpgPassphrase }),
      },
      signal,
    );
    const { manifest: manifestFile, digest } = given;
    const backup = await openBackup({ destination, manifestFile, digest, decryption, signal });
    logger.info(
      `${backup.manifest.name}: the stored bytes are those of the digest that was given; restoring into a scratch server`,
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
    });
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    return renderRefusal(error.reasonCode, error.message);
  } finally {
    await decryption?.close();
  }
}
