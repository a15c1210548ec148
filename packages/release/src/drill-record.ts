import { z } from 'zod';
import { type GitHub, GitHubError } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit } from './release-record.ts';

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
  targets: z.object({ restoreSeconds: z.number(), ageSeconds: z.number() }),
  /** Fingerprints of the keys that can open the backup, and of those that did. */
  recipients: z.array(z.string()),
  opened: z.array(z.string()),
});

/** How one drill ended; no place, no counts (S5). */
export type DrillRecord = z.infer<typeof payload>;

/** Drills that are read: quarterly ones of several years. */
const recordLimit = 100;

/** Writes one drill into the ledger. @throws GitHubError. */
export async function recordDrill(
  github: GitHub,
  record: DrillRecord,
  given: { environment: string; production: boolean; ref: string },
): Promise<void> {
  const word = record.passed ? 'passed' : `failed: ${record.reasonCode}`;
  const { id } = await github.createDeployment({
    ...given,
    task: drillTask,
    payload: record,
    description: cleanText(`recovery drill ${word}`, descriptionLimit),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  const description = cleanText(`${record.backup ?? 'no backup'}: ${word}`, descriptionLimit);
  await github.createStatus(id, { state: 'inactive', description, autoInactive: false });
}

/** The drills of one environment, newest first, one for each run. @throws GitHubError. */
export async function readDrills(github: GitHub, environment: string): Promise<DrillRecord[]> {
  const deployments = await github.listDeployments({ environment, task: drillTask, perPage: recordLimit });
  const found = new Map<string, DrillRecord>();
  for (const deployment of deployments) {
    if (deployment.task !== drillTask) continue;
    const given = deployment.payload;
    const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
    // GitHub lists the newest first: of several attempts the last one counts.
    if (read.success && !found.has(read.data.key)) found.set(read.data.key, read.data);
  }
  return [...found.values()].sort((a, b) => b.at - a.at);
}

/** As readDrills; undefined, and said, where GitHub does not tell. */
export async function tryReadDrills(
  github: GitHub | undefined,
  environment: string,
  say: (line: string) => void,
): Promise<DrillRecord[] | undefined> {
  if (github === undefined) return undefined;
  try {
    return await readDrills(github, environment);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    say(`The records of drills cannot be read: ${error.message}`);
    return undefined;
  }
}

/** Unix seconds at which a key opened its challenge last; undefined: never. Pure. */
export function lastOpened(drills: readonly DrillRecord[], recipient: string): number | undefined {
  return drills.find(({ opened }) => opened.includes(recipient))?.at;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
