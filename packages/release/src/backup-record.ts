import { z } from 'zod';
import type { BackupResult } from '#backup/create-backup';
import type { FoundBackup } from '#backup/find-verified-backup';
import { type GitHub, GitHubError } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit } from './release-record.ts';

/** Task of every GitHub Deployment that says what a backup is (S26). */
const backupTask = 'ops-actions:backup';

const digested = z.object({ bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const payload = z.object({
  schemaVersion: z.literal(1),
  name: z.string(),
  object: digested,
  manifest: digested,
  /** Fingerprints of the keys that open it. */
  recipients: z.array(z.string()),
});

/** What stands of a backup where nobody who can only write to its store can write: no place, no counts (S5). */
type BackupRecord = z.infer<typeof payload>;

/** The backups of one environment as the ledger knows them. Nothing here throws for GitHub: a silent ledger knows nothing. */
export interface BackupLedger {
  /**
   * Records a new backup, or says why that could not be done. Keys that opened the backup before it and do not open this one
   * are said and given back: who takes a recipient away must not do so unseen (S27).
   */
  keep(made: BackupResult): Promise<{ removedRecipients: string[] }>;
  /** Whether object and manifest are those that were recorded, byte for byte. */
  knows(found: FoundBackup): Promise<boolean>;
  /** `sha256:…` of the object that was recorded with this manifest; undefined where there is none. */
  digestOf(manifestFile: string): Promise<string | undefined>;
}

/** `github` and `environment` are undefined where a run has neither; then every question is answered with no. */
export function openBackupLedger(
  github: GitHub | undefined,
  given: { environment: string | undefined; production: boolean; ref: string },
  say: { info(line: string): void; warning(line: string): void },
): BackupLedger {
  const { environment } = given;
  const find = async (fits: (record: BackupRecord) => boolean): Promise<BackupRecord | undefined> => {
    if (github === undefined || environment === undefined) return undefined;
    try {
      return await findBackupRecord(github, environment, fits);
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      say.warning(`The records of backups cannot be read: ${error.message}`);
      return undefined;
    }
  };
  return {
    async keep(made) {
      if (github === undefined || environment === undefined) {
        say.info(
          'the backup is in no ledger (no environment, or no token to write with): a restore needs its digest typed',
        );
        return { removedRecipients: [] };
      }
      const before = await find(() => true);
      const removedRecipients = (before?.recipients ?? []).filter((one) => !made.manifest.recipients.includes(one));
      for (const recipient of removedRecipients)
        say.warning(
          `${recipient} is no recipient of backups any more: it opens ${before?.name}, and not ${made.manifest.name}. Where nobody meant that, put it back into the workflow file and make a new backup`,
        );
      try {
        await recordBackup(github, made, { ...given, environment });
        say.info(`recorded in the ledger of ${environment}: ${made.manifest.name}`);
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error;
        say.warning(`The backup is not recorded, so a restore needs its digest typed: ${error.message}`);
      }
      return { removedRecipients };
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
    async digestOf(manifestFile) {
      const record = await find(({ name }) => `${name}.manifest.json` === manifestFile);
      return record === undefined ? undefined : `sha256:${record.object.sha256}`;
    },
  };
}

/** For the one line of a run: keys that opened the backup before and do not open this one. Pure. */
export function describeRemoved(removed: readonly string[]): string {
  return removed.length === 0 ? '' : `; no longer a recipient: ${removed.join(', ')}`;
}

/** Pages of 100 that are read before a record counts as not there. */
const pageLimit = 5;

/**
 * Writes digests, sizes and fingerprints of a backup into the ledger; a Deployment's payload cannot be changed afterwards.
 * @throws GitHubError.
 */
async function recordBackup(
  github: GitHub,
  { manifest, manifestDigest }: BackupResult,
  given: { environment: string; production: boolean; ref: string },
): Promise<void> {
  const { bytes, sha256 } = manifest.object;
  const record: BackupRecord = {
    schemaVersion: 1,
    name: manifest.name,
    object: { bytes, sha256 },
    manifest: manifestDigest,
    recipients: manifest.recipients,
  };
  const { id } = await github.createDeployment({
    ...given,
    task: backupTask,
    payload: record,
    description: cleanText(`backup ${manifest.verification.verdict}: ${manifest.name}`, descriptionLimit),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  await github.createStatus(id, {
    state: 'inactive',
    description: cleanText(`sha256:${sha256} ${bytes} bytes`, descriptionLimit),
    autoInactive: false,
  });
}

/** Reads the records of one environment, newest first, and asks each until one fits. @throws GitHubError. */
async function findBackupRecord(
  github: GitHub,
  environment: string,
  fits: (record: BackupRecord) => boolean,
): Promise<BackupRecord | undefined> {
  for (let page = 1; page <= pageLimit; page++) {
    const deployments = await github.listDeployments({ environment, task: backupTask, perPage: 100, page });
    for (const deployment of deployments) {
      if (deployment.task !== backupTask) continue;
      const read = payload.safeParse(
        typeof deployment.payload === 'string' ? parseJson(deployment.payload) : deployment.payload,
      );
      if (read.success && fits(read.data)) return read.data;
    }
    if (deployments.length < 100) return undefined;
  }
  return undefined;
}

/** The newest recorded backup of an environment, `at` in Unix seconds by GitHub's clock. @throws GitHubError. */
export async function newestBackup(
  github: GitHub,
  environment: string,
): Promise<{ name: string; at: number } | undefined> {
  const deployments = await github.listDeployments({ environment, task: backupTask, perPage: 10 });
  for (const { task, payload: data, createdAt } of deployments) {
    const read = payload.safeParse(typeof data === 'string' ? parseJson(data) : data);
    if (task === backupTask && read.success) return { name: read.data.name, at: createdAt / 1000 };
  }
  return undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
