import type { InputProblem } from '#action-kit/input-error';
import type { BackupDestination } from '#backup/destination';
import { findVerifiedBackup, takenAt } from '#backup/find-verified-backup';
import type { BackupLedger } from '#release/backup-ledger';
import { describeMoment, parseMoment } from '#supabase/judge-platform-restore';
import type { Given } from './inputs.ts';

/** The moment before which a backup has to have been taken; undefined: one is named by its manifest. Unix seconds. Pure. */
export function readBefore(
  given: Pick<Given, 'before' | 'manifest' | 'digest' | 'environment' | 'githubToken' | 'backupDestination'>,
  problems: InputProblem[],
): number | undefined {
  const { before, manifest, digest, environment, githubToken, backupDestination = [] } = given;
  const push = (name: string, message: string, more: Partial<InputProblem> = {}) =>
    problems.push({ name, message, ...more });
  if (before === undefined) {
    if (manifest === undefined)
      push('manifest', 'is needed by mode: restore, or before', {
        allowed:
          'the file name of a manifest in backup-destination; before: a moment, for the newest verified backup older than it; mode: drill takes the newest verified one',
      });
    if (backupDestination.length > 1)
      push('backup-destination', 'names several places, and one backup is read from one of them', {
        given: backupDestination.join(', '),
        allowed: 'one of these; with before, all of them',
      });
    return undefined;
  }
  for (const [name, value] of Object.entries({ manifest, digest }))
    if (value !== undefined)
      push(name, 'and before are two ways to name a backup: give one of them', { given: value.slice(0, 80) });
  if (environment === undefined || githubToken === undefined)
    push(
      environment === undefined ? 'environment' : 'github-token',
      'is needed by before: only a backup that the ledger of the environment knows is chosen (S26)',
      {
        allowed: 'environment, and a github-token with deployments: read',
      },
    );
  const moment = parseMoment(before);
  if (moment === undefined)
    push('before', 'is no moment with a time zone', {
      given: before.slice(0, 80),
      allowed: '2026-01-24T09:00:00Z, or 2026-01-24 10:00 +01:00',
    });
  return moment;
}

export interface ChosenBackup {
  destination: BackupDestination;
  manifestFile: string;
  /** Hex SHA-256 that was recorded. */
  digest: string;
  /** The same of its manifest. */
  manifestDigest: string;
  /** Why this one, for log and summary. */
  why: string;
}

/**
 * The newest verified backup of an environment that was taken before a moment, e.g. that of a damage, whichever of the
 * destinations it lies in (RES-05). Undefined: none of them that the ledger knows is that old.
 * @throws BackupFailed where a store or the ledger does not answer: then nobody knows which one is the newest.
 */
export async function chooseBefore(
  destinations: readonly BackupDestination[],
  given: {
    environment: string;
    /** Unix seconds. */
    before: number;
    now: number;
    ledger: Pick<BackupLedger, 'knows'>;
    log: (line: string) => void;
  },
): Promise<ChosenBackup | undefined> {
  const { environment, before, now, ledger, log } = given;
  const wanted = { environment, before, now, recorded: ledger.knows };
  const found = await findVerifiedBackup(destinations, wanted, log);
  if (found === undefined) return undefined;
  const { manifest, manifestFile, manifestDigest, destination } = found;
  const why = `the newest verified backup of ${environment} from before ${describeMoment(before)}, with the rows of ${describeMoment(takenAt(manifest))}; what was written since is lost`;
  return { destination, manifestFile, digest: manifest.object.sha256, manifestDigest: manifestDigest.sha256, why };
}
