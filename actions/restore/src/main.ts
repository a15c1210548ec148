import { isAbsolute, join } from 'node:path';
import { InputError, type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import { type BackupDestination, directoryDestination } from '#backup/destination';
import { openDecryption } from '#backup/encryption';
import { openBackup, rehearseRestore } from '#backup/restore-backup';
import { inputs } from './inputs.ts';
import { planTarget } from './plan-target.ts';
import { renderRefusal, renderRehearsal } from './render-restore.ts';
import { replaceLive } from './replace-live.ts';

/** Restores a backup into a throw-away server, or, where a target is given and typed, into a live database. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { problems } = planTarget(given.targetUrl, given.confirm);
  if (given.backupDestination === 'directory' && given.backupPath === undefined) {
    problems.push({ name: 'backup-path', message: 'is needed by the destination directory', allowed: 'a folder' });
  }
  if (problems.length > 0) throw new InputError(problems);
  const { logger, signal } = runner;
  const destination = await openDestination(given, runner);
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

async function openDestination(given: InputValues<typeof inputs>, runner: Runner): Promise<BackupDestination> {
  if (given.backupDestination === 'directory') {
    const path = given.backupPath ?? '';
    return directoryDestination(isAbsolute(path) ? path : join(runner.context.workspace, path));
  }
  const [{ artifactDestination }, { artifactStore }] = await Promise.all([
    import('#backup/artifact-destination'),
    import('./artifact-store.ts'),
  ]);
  return artifactDestination(artifactStore(), runner.context.temp);
}
