import { z } from 'zod';
import type { GitHub } from '#github/client';
import { readRunRecords, tryReadRunRecords, writeRunRecord } from './run-record.ts';

/** Task of every GitHub Deployment that says how a recovery drill ended. */
const drillTask = 'ops-actions:drill';

const payload = z.object({
  schemaVersion: z.literal(1),
  /** Release key of the run: an attempt that is run again replaces what the one before said (S6). */
  key: z.string(),
  /** Unix seconds at its start. */
  at: z.number(),
  passed: z.boolean(),
  reasonCode: z.string(),
  /** Name of the backup that was restored; absent where there was none. */
  backup: z.string().optional(),
  verdict: z.string(),
  restoreSeconds: z.number(),
  /** Absent where there was no backup. */
  ageSeconds: z.number().optional(),
  targets: z.object({ restoreSeconds: z.number(), ageSeconds: z.number(), frontendSeconds: z.number().optional() }),
  /** Of the newest way back of the app that was recorded; absent: none was. */
  frontendSeconds: z.number().optional(),
  /** How the app of the record was rebuilt against a copy; absent: nobody asked for it. */
  rebuild: z
    .object({
      passed: z.boolean(),
      reasonCode: z.string(),
      commit: z.string().optional(),
      restoreSeconds: z.number().optional(),
      health: z.string().optional(),
      smoke: z.string().optional(),
      /** Nothing of it is left. */
      removed: z.boolean(),
    })
    .optional(),
  /** Fingerprints of the keys that can open the backup, and of those that did. */
  recipients: z.array(z.string()),
  opened: z.array(z.string()),
});

/** How one drill ended; no place, no counts (S5). */
export type DrillRecord = z.infer<typeof payload>;

const drills = { task: drillTask, shape: payload, name: 'drills' };

/** Writes one drill into the ledger. @throws GitHubError. */
export async function recordDrill(
  github: GitHub,
  record: DrillRecord,
  given: { environment: string; production: boolean; ref: string },
): Promise<void> {
  const word = record.passed ? 'passed' : `failed: ${record.reasonCode}`;
  const texts = { description: `recovery drill ${word}`, status: `${record.backup ?? 'no backup'}: ${word}` };
  await writeRunRecord(github, { ...given, task: drillTask, payload: record }, texts);
}

/** The drills of one environment, newest first, one for each run. @throws GitHubError. */
export async function readDrills(github: GitHub, environment: string): Promise<DrillRecord[]> {
  return await readRunRecords(github, environment, drills);
}

/** As readDrills; undefined, and said, where GitHub does not tell. */
export async function tryReadDrills(
  github: GitHub | undefined,
  environment: string,
  say: (line: string) => void,
): Promise<DrillRecord[] | undefined> {
  return await tryReadRunRecords(github, environment, drills, say);
}

/** When the last drill passed, for people; `drills` newest first, undefined where nobody knows them. Pure. */
export function describeLastDrill(drills: readonly DrillRecord[] | undefined): string {
  if (drills === undefined) return 'whether a recovery drill of ours has passed is not known';
  const last = drills.find(({ passed }) => passed);
  return last === undefined
    ? 'no recovery drill of ours has passed'
    : `the last recovery drill of ours passed on ${new Date(last.at * 1000).toISOString().slice(0, 10)}`;
}

/** Unix seconds at which a key opened its challenge last; undefined: never. Pure. */
export function lastOpened(drills: readonly DrillRecord[], recipient: string): number | undefined {
  return drills.find(({ opened }) => opened.includes(recipient))?.at;
}
