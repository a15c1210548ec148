import { z } from 'zod';
import type { GitHub } from '#github/client';
import { readRunRecords, tryReadRunRecords, writeRunRecord } from '../run-record.ts';

/** Task of every GitHub Deployment that says how a rehearsal of the way back ended. */
const rehearsalTask = 'ops-actions:rehearsal';

const seconds = z.number().nonnegative();
const payload = z.object({
  schemaVersion: z.literal(1),
  /** Release key of the run: an attempt that is run again replaces what the one before said (S6). */
  key: z.string(),
  /** Unix seconds at its end. */
  at: z.number(),
  passed: z.boolean(),
  reasonCode: z.string(),
  /** What was served before and has to be served again; absent where nothing began. */
  former: z.string().optional(),
  /** Absent unless the watch took the release back. */
  times: z.object({ detection: seconds, swap: seconds, verified: seconds }).optional(),
  limitSeconds: z.number(),
});

/** How one rehearsal ended; no addresses (S5). */
export type RehearsalRecord = z.infer<typeof payload>;

const rehearsals = { task: rehearsalTask, shape: payload, name: 'rehearsals' };

/** Writes one rehearsal into the ledger. @throws GitHubError. */
export async function recordRehearsal(
  github: GitHub,
  record: RehearsalRecord,
  given: { environment: string; ref: string },
): Promise<void> {
  const description = `rehearsal of the way back ${record.passed ? 'passed' : `failed: ${record.reasonCode}`}`;
  const entry = { ...given, production: false, task: rehearsalTask, payload: record };
  await writeRunRecord(github, entry, { description, status: description });
}

/** The rehearsals of one environment, newest first, one for each run. @throws GitHubError. */
export async function readRehearsals(github: GitHub, environment: string): Promise<RehearsalRecord[]> {
  return await readRunRecords(github, environment, rehearsals);
}

/** As readRehearsals; undefined, and said, where GitHub does not tell. */
export async function tryReadRehearsals(
  github: GitHub | undefined,
  environment: string,
  say: (line: string) => void,
): Promise<RehearsalRecord[] | undefined> {
  return await tryReadRunRecords(github, environment, rehearsals, say);
}
