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
import { defaults } from '#config/defaults';
import { createGitHub } from '#github/client';
import { parseDatabaseUrl } from '#postgres/database-url';
import { openBackupLedger } from '#release/backup-ledger';
import { startProgress } from '#release/progress';
import { describeMoment } from '#supabase/judge-platform-restore';
import { DatabaseTargetError, refuseWeakTls } from '#supabase/resolve-database';
import { SupabaseError } from '#supabase/supabase-error';
import { readRestoreChecks } from './check-restored.ts';
import { describeDecision, progressOf, startChecklist, withSmoke } from './checklist.ts';
import { chooseBefore, readBefore } from './choose-backup.ts';
import { type Given, privateKey } from './inputs.ts';
import { planTarget } from './plan-target.ts';
import { renderRefusal, renderRehearsal, renderUnknown } from './render-restore.ts';
import { replaceLive } from './replace-live.ts';
import { restoreTables } from './restore-tables.ts';
import { findTarget } from './target.ts';

/** Restores a backup into a throw-away server, or, where a target is given and typed, into a live database. */
export async function restore(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const target = await findTarget(runner, given, settings);
  const isLive = target.url !== undefined;
  const { problems, expected } = planTarget(target.url, given.confirm, settings.database.project);
  problems.push(...target.problems);
  // Read, not stored: nothing here is about what outlives the run. But what replaces a project replaces its storage, too.
  const words = given.backupDestination ?? ['directory'];
  const where = givenDestinations(runner, { ...given, backupDestination: words }, settings.database);
  const planned = planDestinations({ ...where, hosted: false, publicRepository: false, sourceProject: expected });
  problems.push(...planned.problems);
  const checks = await readRestoreChecks(given, problems);
  if (!isLive && checks.tables.length + checks.queries.length > 0)
    problems.push({ name: 'target-url', message: 'is needed to check tables and to ask queries afterwards' });
  if (given.tables !== undefined && !isLive)
    problems.push({ name: 'target-url', message: 'is needed by tables: the copy is made beside the live ones' });
  const before = readBefore(given, problems);
  const { clock, logger, signal, context } = runner;
  const github =
    given.githubToken === undefined || context.repository === ''
      ? undefined
      : createGitHub(gitHubConnection(runner, given.githubToken));
  const { environment } = given;
  const { production, database } = settings;
  const ledger = openBackupLedger(github, { environment, production, ref: context.sha }, logger);
  const { manifest } = given;
  let silence = `the ledger${environment === undefined ? '' : ` of ${environment}`} does not know ${manifest}`;
  const recorded =
    manifest === undefined
      ? undefined
      : await ledger.digestsOf(manifest).catch((error: unknown) => {
          if (!(error instanceof BackupFailed)) throw error;
          silence = error.message;
          return undefined;
        });
  const digest = hexOf(given.digest) ?? recorded?.object;
  const manifestDigest = digest === recorded?.object ? recorded?.manifest : undefined;
  if (digest === undefined && manifest !== undefined && before === undefined) {
    problems.push({
      name: 'digest',
      message: `is needed: ${silence}, and everybody can encrypt to a public key (S26)`,
      allowed:
        'sha256:... from the summary of the run that made the backup; or environment, and a github-token with deployments: read',
    });
  }
  if (problems.length > 0) throw new InputError(problems);
  const log = (line: string) => logger.info(line);
  const started = clock.now();
  const limitMs = given.restoreWithin ?? database.rollbackLimitMs ?? defaults.database.rollbackLimitMs;
  const { items: checklist, note } = startChecklist(runner);
  if (target.weakening !== undefined) note('Connection', `weaker than standard: ${target.weakening}`);
  const progress = isLive ? startProgress(progressOf(runner, checklist, { started, limitMs })) : undefined;
  if (isLive) note('Decided', describeDecision({ actor: context.actor, typed: expected, incident: given.incident }));
  const destinations = await openDestinations(planned.destinations, destinationPorts(runner));
  let decryption: Awaited<ReturnType<typeof openDecryption>> | undefined;
  try {
    if (target.url !== undefined) refuseWeakTls(parseDatabaseUrl(target.url), database.tlsReason);
    decryption = await openDecryption(privateKey(given), signal);
    const [first] = destinations;
    const chosen =
      before !== undefined && environment !== undefined
        ? await chooseBefore(destinations, { environment, before, now: started / 1000, ledger, log })
        : first !== undefined && manifest !== undefined && digest !== undefined
          ? { destination: first, manifestFile: manifest, digest, manifestDigest, why: undefined }
          : undefined;
    if (chosen === undefined) {
      const places = destinations.map(({ description }) => description).join(', ');
      const message = `no verified backup of ${environment} in ${places}, known to the ledger, is from before ${describeMoment(before ?? 0)}`;
      return renderRefusal('no_backup_before', message, checklist);
    }
    const { destination, why } = chosen;
    const which = `${chosen.manifestFile} in ${destination.description}`;
    note('Backup chosen', why === undefined ? which : `${which}: ${why}`);
    const backup = await openBackup({ ...chosen, decryption, signal });
    logger.info(
      `${backup.manifest.name}: the stored bytes are those of the digest that was ${given.digest === undefined ? 'recorded' : 'given'}; restoring into a scratch server`,
    );
    const around = {
      ...{ target, environment, ledger, isPinned: expected === database.project, destination, note, checklist },
      recipients: given.ageRecipients ?? [],
      gpgRecipients: given.gpgRecipients ?? [],
      deadlineMs: given.deadline,
      scratchImage: settings.database.scratchImage,
    };
    const { tables, into, overwriteChanged: overwrite } = given;
    if (tables !== undefined) return await restoreTables(runner, backup, { ...around, tables, into, overwrite });
    const run = { deadlineMs: given.deadline, scratchImage: settings.database.scratchImage, log, signal };
    // Tried on a scratch server first, whatever comes after.
    const rehearsal = await rehearseRestore(backup, run);
    if (isLive) note('Tried on a scratch server', `${rehearsal.verdict}: ${rehearsal.message}`);
    if (!isLive || rehearsal.verdict !== 'verified') {
      return renderRehearsal(backup.manifest, rehearsal, { live: isLive, why, checklist });
    }
    const replaced = await replaceLive(runner, backup, {
      ...{ ...around, checks, why, time: { started, limitMs } },
      writeStopReason: given.writeStopReason,
    });
    return withSmoke(replaced, settings);
  } catch (error) {
    if (!(error instanceof BackupFailed || error instanceof DatabaseTargetError || error instanceof SupabaseError))
      throw error;
    if (isLive) note('Restored', `no: ${error.message}`);
    if (error.reasonCode === 'restore_unknown')
      return renderUnknown(error.message, { saved: undefined, checklist, isStopped: false });
    return renderRefusal(error.reasonCode, error.message, checklist);
  } finally {
    progress?.stop();
    await decryption?.close();
  }
}

/** Hex SHA-256 of a typed digest. */
function hexOf(digest: string | undefined): string | undefined {
  return digest?.replace(/^sha256:/, '').toLowerCase();
}
