import { z } from 'zod';
import type { GitHub } from '#github/client';
import { tryReadDrills } from './drill-record.ts';
import { tryReadRunRecords, writeRunRecord } from './run-record.ts';

/** Task of every GitHub Deployment that says how a stored backup was verified again. */
const verificationTask = 'ops-actions:verification';

const payload = z.object({
  schemaVersion: z.literal(1),
  /** Release key of the run: an attempt that is run again replaces what the one before said (S6). */
  key: z.string(),
  /** Unix seconds at its start. */
  at: z.number(),
  /** `verified` means restored and compared anew, in every place. */
  verdict: z.enum(['verified', 'mismatch', 'could-not-verify']),
  reasonCode: z.string(),
  /** Names of the backups that were looked at. */
  backups: z.array(z.string()),
});

/** How stored backups were verified once; no places (S5). */
export type VerificationRecord = z.infer<typeof payload>;

const verifications = { task: verificationTask, shape: payload, name: 'verifications' };

/** Writes one into the ledger. @throws GitHubError. */
export async function recordVerification(
  github: GitHub,
  record: VerificationRecord,
  given: { environment: string; production: boolean; ref: string },
): Promise<void> {
  const word = record.verdict === 'verified' ? 'verified' : `${record.verdict}: ${record.reasonCode}`;
  const texts = {
    description: `stored backups ${word}`,
    status: `${record.backups.join(', ') || 'no backup'}: ${word}`,
  };
  await writeRunRecord(github, { ...given, task: verificationTask, payload: record }, texts);
}

/**
 * When stored backups of an environment were restored and compared anew, newest first, by a verification or by a drill, which
 * does no less; undefined, and said, where GitHub does not tell.
 */
export async function tryReadVerifications(
  github: GitHub | undefined,
  environment: string,
  say: (line: string) => void,
): Promise<{ at: number; passed: boolean }[] | undefined> {
  const own = await tryReadRunRecords(github, environment, verifications, say);
  const drills = own === undefined ? undefined : await tryReadDrills(github, environment, say);
  if (own === undefined || drills === undefined) return undefined;
  return [...own, ...drills]
    .map(({ at, verdict }) => ({ at, passed: verdict === 'verified' }))
    .sort((a, b) => b.at - a.at);
}
