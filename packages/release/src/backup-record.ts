import { z } from 'zod';
import { BackupFailed } from '#backup/backup-error';
import type { BackupResult } from '#backup/create-backup';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import type { RecipientChange } from './decide-recipients.ts';
import { descriptionLimit } from './release-record.ts';

/** Task of every GitHub Deployment that says what a backup of a database is (S26). */
const backupTask = 'ops-actions:backup';
/** Other kinds have tasks of their own: nobody takes one of them for the newest backup of the database. */
export const taskOf = {
  database: backupTask,
  configuration: 'ops-actions:configuration-backup',
  objects: 'ops-actions:objects-backup',
};

const digested = z.object({ bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const payload = z.object({
  schemaVersion: z.literal(1),
  name: z.string(),
  object: digested,
  manifest: digested,
  /** Fingerprints of the keys that open it. */
  recipients: z.array(z.string()),
  /** Of its verification; absent in records of earlier versions, where nobody can tell. */
  verdict: z.string().optional(),
  /** Keys that opened earlier backups: taken away and never acknowledged, and taken away as the workflow file says (S27). */
  unacknowledged: z.array(z.string()).optional(),
  acknowledged: z.array(z.string()).optional(),
});

/** What stands of a backup where nobody who can only write to its store can write: no place, no counts (S5). */
export type BackupRecord = z.infer<typeof payload>;

/** What the ledger has to know of a backup, of whatever kind. */
export interface MadeBackup {
  manifest: Pick<BackupResult['manifest'], 'name' | 'recipients'> & {
    object: { bytes: number; sha256: string };
    verification: { verdict: string };
  };
  manifestDigest: { bytes: number; sha256: string };
}

/** Pages of 100 that are read at most: more backups than eight years of nights make. */
const pageLimit = 30;

/**
 * Writes digests, sizes and fingerprints of a backup into the ledger; a Deployment's payload cannot be changed afterwards.
 * @throws GitHubError.
 */
export async function recordBackup(
  github: GitHub,
  { manifest, manifestDigest }: MadeBackup,
  { removed, unacknowledged }: RecipientChange,
  given: { environment: string; production: boolean; ref: string; task: string },
): Promise<void> {
  const { bytes, sha256 } = manifest.object;
  const record: BackupRecord = {
    schemaVersion: 1,
    name: manifest.name,
    object: { bytes, sha256 },
    manifest: manifestDigest,
    recipients: manifest.recipients,
    verdict: manifest.verification.verdict,
    ...(removed.length === 0
      ? {}
      : { unacknowledged, acknowledged: removed.filter((one) => !unacknowledged.includes(one)) }),
  };
  const { id } = await github.createDeployment({
    ...given,
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

/**
 * Reads the records of one environment, newest first, and asks each until one fits; undefined: none does.
 * @throws GitHubError, BackupFailed `ledger_unreadable` where there are more than are read.
 */
export async function findBackupRecord(
  github: GitHub,
  { environment, task }: { environment: string; task: string },
  fits: (record: BackupRecord) => boolean,
): Promise<BackupRecord | undefined> {
  for (let page = 1; page <= pageLimit; page++) {
    const deployments = await github.listDeployments({ environment, task, perPage: 100, page });
    for (const deployment of deployments) {
      if (deployment.task !== task) continue;
      const read = payload.safeParse(
        typeof deployment.payload === 'string' ? parseJson(deployment.payload) : deployment.payload,
      );
      if (read.success && fits(read.data)) return read.data;
    }
    if (deployments.length < 100) return undefined;
  }
  throw unreadable(`${environment} has more than ${pageLimit * 100}, and the one that is looked for may be older`);
}

/** No answer about records is no no. Pure. */
export function unreadable(why: string, cause?: unknown): BackupFailed {
  return new BackupFailed('ledger_unreadable', `The records of backups cannot be read: ${why}`, { cause });
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

/** The same of those whose proof passed. @throws GitHubError. */
export async function newestVerifiedBackup(
  github: Pick<GitHub, 'listDeployments'>,
  environment: string,
): Promise<{ name: string; at: number } | undefined> {
  const deployments = await github.listDeployments({ environment, task: backupTask, perPage: 100 });
  for (const { task, payload: data, createdAt } of deployments) {
    const read = payload.safeParse(typeof data === 'string' ? parseJson(data) : data);
    if (task === backupTask && read.success && read.data.verdict === 'verified')
      return { name: read.data.name, at: createdAt / 1000 };
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
