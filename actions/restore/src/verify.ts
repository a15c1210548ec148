import type { InputProblem } from '#action-kit/input-error';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { BackupFailed } from '#backup/backup-error';
import type { BackupDestination } from '#backup/destination';
import type { Decryption } from '#backup/encryption';
import { PostgresMissing } from '#backup/find-postgres';
import { chooseBackup, type FoundBackup, listBackups, takenAt } from '#backup/find-verified-backup';
import { judgeStored, type StoredState } from '#backup/judge-stored';
import { compareStored, openBackup, rehearseRestore } from '#backup/restore-backup';
import { GitHubError } from '#github/client';
import type { BackupLedger } from '#release/backup-ledger';
import { releaseKey } from '#release/release-handle';
import { recordVerification, type VerificationRecord } from '#release/verification-record';
import { describeMoment } from '#supabase/judge-platform-restore';
import { openKey, openStoredBackups } from './drill-source.ts';
import type { Given } from './inputs.ts';
import { renderVerification } from './render-verification.ts';

/**
 * Verifies what lies in the store: the newest verified backup of an environment in each of its places is read back, compared with
 * the ledger and, with a private key, restored on a scratch server and compared once more. Where it is damaged no older one stands
 * in for it.
 */
export async function verify(runner: Runner, given: Given): Promise<Result> {
  const { context, clock, logger, signal } = runner;
  const problems: InputProblem[] = [];
  const decryption = given.verify === 'restore' ? await openKey(runner, given, problems) : undefined;
  try {
    const stored = await openStoredBackups(runner, given, problems);
    const { settings, environment, github, place, ledger, destinations } = stored;
    const { scratchImage } = settings.database;
    if (decryption === undefined)
      logger.warning(
        'Weaker than standard: the stored backups are not restored, their bytes alone are compared (verify: digest)',
      );
    const at = clock.now() / 1000;
    const log = (line: string) => logger.info(line);
    const look = createLook({
      ...{ environment, ledger, at, decryption, deadlineMs: given.deadline, scratchImage, log, signal },
    });
    const states: StoredState[] = [];
    for (const destination of destinations)
      states.push(await logger.group(destination.description, () => look(destination)));
    const judged = judgeStored(states);
    const record: VerificationRecord = {
      ...{ schemaVersion: 1, key: releaseKey({ ...context, environment }), at },
      ...{ verdict: judged.decision, reasonCode: judged.reasonCode },
      backups: [...new Set(states.flatMap(({ backup }) => backup ?? []))],
    };
    const unrecorded = await recordVerification(github, record, place).then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof GitHubError)) throw error;
        return `it is not recorded, so it does not count: ${error.message}`;
      },
    );
    return renderVerification({ environment, states, judged, unrecorded });
  } finally {
    await decryption?.close();
  }
}

interface Looking {
  environment: string;
  ledger: Pick<BackupLedger, 'digestsOf'>;
  /** Unix seconds. */
  at: number;
  /** Absent: bytes alone are compared. */
  decryption: Decryption | undefined;
  deadlineMs: number;
  /** The only image that the scratch server may come from. */
  scratchImage: string | undefined;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Looks into one place after the other; a backup that lies in several is restored once. */
function createLook(given: Looking): (destination: BackupDestination) => Promise<StoredState> {
  const { environment, at: now, log, signal } = given;
  const restored = new Map<string, Verdict>();
  return async (destination) => {
    const place = destination.description;
    let newest: FoundBackup | undefined;
    const state = ({ sufficient, ...verdict }: Verdict): StoredState => ({
      place,
      ...(newest === undefined ? {} : { backup: newest.manifest.name }),
      ...verdict,
      sufficient: sufficient ?? verdict.verdict === 'verified',
    });
    try {
      newest = chooseBackup(await listBackups(destination, log), { environment, now, incomplete: true });
      if (newest === undefined) return state(unverified('no_backup', `there is no verified backup of ${environment}`));
      const verdict = await verifyOne(newest, given, restored);
      log(`${newest.manifest.name} ${verdict.verdict}: ${verdict.message}`);
      return state(verdict);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BackupFailed || error instanceof PostgresMissing)) throw error;
      const verdict = unverified(error.reasonCode, error.message);
      return state(error.reasonCode === 'digest_mismatch' ? { ...verdict, verdict: 'mismatch' } : verdict);
    }
  };
}

type Verdict = Pick<StoredState, 'verdict' | 'reasonCode' | 'message'> & { sufficient?: boolean };

function unverified(reasonCode: string, message: string): Verdict {
  return { verdict: 'could-not-verify', reasonCode, message };
}

/** @throws BackupFailed PostgresMissing */
async function verifyOne(
  { manifest, manifestFile, destination, complete }: FoundBackup,
  { ledger, decryption, deadlineMs, scratchImage, log, signal }: Looking,
  restored: Map<string, Verdict>,
): Promise<Verdict> {
  const recorded = await ledger.digestsOf(manifestFile);
  if (recorded === undefined)
    return unverified('not_recorded', 'it stands in no record, so nothing says that it is ours (S26)');
  if (!complete)
    return {
      verdict: 'mismatch',
      reasonCode: 'incomplete',
      message: 'a file of it is gone, or shorter than its manifest says',
    };
  const { object: digest, manifest: manifestDigest } = recorded;
  const stored = { destination, manifestFile, digest, manifestDigest, signal };
  if (decryption === undefined) {
    await compareStored(stored);
    const message = `not restored, as verify: digest asks: every stored byte is the one that was recorded, of rows of ${describeMoment(takenAt(manifest))} that were restored and equal when it was made; nobody has shown that a key opens it`;
    return { ...unverified('digest_only', message), sufficient: true };
  }
  const backup = await openBackup({ ...stored, decryption });
  const known = restored.get(digest);
  if (known !== undefined) return { ...known, message: `the same bytes as before: ${known.message}` };
  const { verdict, reasonCode, message } = await rehearseRestore(backup, { deadlineMs, scratchImage, log, signal });
  restored.set(digest, { verdict, reasonCode, message });
  return { verdict, reasonCode, message };
}
