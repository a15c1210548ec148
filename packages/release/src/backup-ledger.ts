import { BackupFailed } from '#backup/backup-error';
import type { FoundBackup } from '#backup/find-verified-backup';
import { type GitHub, GitHubError } from '#github/client';
import {
  type BackupRecord,
  findBackupRecord,
  type MadeBackup,
  recordBackup,
  taskOf,
  unreadable,
} from './backup-record.ts';
import { decideRecipients, howToAcknowledge, type RecipientAnswer } from './decide-recipients.ts';

/** The backups of one environment as the ledger knows them. */
export interface BackupLedger {
  /** Keys that opened the newest backup and will not open one for these recipients (S27). */
  recipientChange(recipients: readonly string[]): Promise<RecipientAnswer>;
  /**
   * Records a new backup, or says why that could not be done. Keys that opened the backup before it and do not open this one
   * are said, recorded and given back: who takes a recipient away must not do so unseen (S27). Where the record before it cannot
   * be read none is written: the next one would be compared with it, and what was taken away forgotten.
   */
  keep(made: MadeBackup): Promise<RecipientAnswer>;
  /**
   * Whether object and manifest are those that were recorded, byte for byte.
   * @throws BackupFailed `ledger_unreadable`: GitHub does not say, which is no no.
   */
  knows(found: FoundBackup): Promise<boolean>;
  /** Hex SHA-256 of what was recorded of this manifest; undefined where nothing was. @throws BackupFailed as `knows`. */
  digestsOf(manifestFile: string): Promise<{ object: string; manifest: string } | undefined>;
  /** The same by the name of the backup. */
  digestsOfName(name: string): Promise<{ object: string; manifest: string } | undefined>;
}

/** `github` and `environment` are undefined where a run has neither; then every question is answered with no. */
export function openBackupLedger(
  github: GitHub | undefined,
  given: {
    environment: string | undefined;
    production: boolean;
    ref: string;
    /** Fingerprints that the workflow file says are meant to open no further backup. */
    acknowledged?: readonly string[] | undefined;
    /** Default `database`. */
    of?: keyof typeof taskOf;
  },
  say: { info(line: string): void; warning(line: string): void },
): BackupLedger {
  const { environment, acknowledged = [], of = 'database' } = given;
  const task = taskOf[of];
  const find = async (fits: (record: BackupRecord) => boolean): Promise<BackupRecord | undefined> => {
    if (github === undefined || environment === undefined) return undefined;
    try {
      return await findBackupRecord(github, { environment, task }, fits);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      throw unreadable(error.message, error);
    }
  };
  const digests = async (isIt: (name: string) => boolean) => {
    const record = await find(({ name }) => isIt(name));
    return record && { object: record.object.sha256, manifest: record.manifest.sha256 };
  };
  const compare = async (recipients: readonly string[]): Promise<RecipientAnswer> => {
    let newest: BackupRecord | undefined;
    try {
      newest = await find(() => true);
    } catch (error) {
      if (!(error instanceof BackupFailed)) throw error;
      if (!mayNotRead(error.cause)) return { unreadable: error.message };
      say.warning(error.message);
    }
    return decideRecipients(newest, recipients, acknowledged);
  };
  return {
    recipientChange: compare,
    async keep(made) {
      if (github === undefined || environment === undefined) {
        say.info(
          'the backup is in no ledger (no environment, or no token to write with): a restore needs its digest typed',
        );
        return { removed: [], unacknowledged: [] };
      }
      const recipientChange = await compare(made.manifest.recipients);
      if ('unreadable' in recipientChange) {
        say.warning(`The backup is not recorded, so a restore needs its digest typed: ${recipientChange.unreadable}`);
        return recipientChange;
      }
      const { removed, unacknowledged } = recipientChange;
      for (const recipient of removed)
        say.warning(
          `${recipient} is no recipient of backups any more: it opened the one before, and not ${made.manifest.name}`,
        );
      if (unacknowledged.length > 0) say.warning(howToAcknowledge(unacknowledged));
      const { production, ref } = given;
      try {
        await recordBackup(github, made, recipientChange, { environment, production, ref, task });
        say.info(`recorded in the ledger of ${environment}: ${made.manifest.name}`);
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        say.warning(`The backup is not recorded, so a restore needs its digest typed: ${error.message}`);
      }
      return recipientChange;
    },
    async knows({ manifest, manifestDigest }) {
      const { bytes, sha256 } = manifest.object;
      const found = await find(
        (record) =>
          record.object.sha256 === sha256 &&
          record.object.bytes === bytes &&
          record.manifest.sha256 === manifestDigest.sha256,
      );
      return found !== undefined;
    },
    digestsOf: (manifestFile) => digests((name) => `${name}.manifest.json` === manifestFile),
    digestsOfName: (wanted) => digests((name) => name === wanted),
  };
}

/** A job without the right to read it cannot write to it either, so nothing is forgotten. GitHub answers 404, too. */
function mayNotRead(error: unknown): boolean {
  return error instanceof GitHubError && ['github_forbidden', 'github_not_found'].includes(error.reasonCode);
}
