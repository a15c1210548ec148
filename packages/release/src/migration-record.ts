import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DeploymentStatus, GitHub, GitHubDeployment } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit, formatFact, parseFact } from './release-record.ts';

/** Task of every GitHub Deployment that says what was done to a database (S3, S5). */
export const migrationTask = 'ops-actions:migration';

const phases = ['expand', 'contract', 'unsafe'] as const;
const fileSchema = z.object({
  file: z.string(),
  version: z.string(),
  /** What it means for code that is older than it. */
  phase: z.enum(phases),
  /** Of its text, so that a person can tell which text ran. */
  sha256: z.string(),
});
const heldSchema = z.object({ file: z.string(), version: z.string() });
const payload = z.object({
  schemaVersion: z.literal(1),
  /** Release key; absent where no release applied them. */
  key: z.string().optional(),
  /** `back`: rollback SQL takes them back. `command`: a tool of one's own ran, and nobody knows what it did. */
  direction: z.enum(['forward', 'back', 'command']),
  files: z.array(fileSchema),
  /** Files that wait for a later release, so that this release's code does without what they remove. */
  held: z.array(heldSchema),
  /** Files that only expand and are not named, because there are too many. */
  more: z.number().optional(),
});

export type MigrationDirection = z.infer<typeof payload>['direction'];
export type RecordedFile = z.infer<typeof fileSchema>;
/** One run of migrations as the ledger tells it; the database's own history wins where they disagree. */
export type MigrationRecord = z.infer<typeof payload> & {
  /** Id of the GitHub Deployment: the order in which things happened. */
  id: number;
  /** Milliseconds since the epoch, by GitHub's clock. */
  at: number;
  /** What became of it; undefined where its run left no outcome, or where nobody asked. */
  outcome?: { word: string; newest?: string | undefined } | undefined;
};

/** Which file stopped a run of migrations, for the forward fix (DRB-06); neither text nor values of it (S5). */
export interface FailedFile {
  version: string;
  reasonCode: string;
  /** 1-based line of the statement. */
  line?: number | undefined;
  sqlstate?: string | undefined;
}

/** What a run is about to do to a database. */
export interface MigrationIntent {
  direction: MigrationDirection;
  files: readonly { file: string; version: string; sql: string; phase: (typeof phases)[number] }[];
  held: readonly { file: string; version: string }[];
}

/** Expanding files that one record names: its payload stays small however long a folder is. */
const namedLimit = 150;

/** The payload of a record, without the text of any file. Pure. */
export function toMigrationPayload(intent: MigrationIntent, key: string | undefined): z.infer<typeof payload> {
  const expanding = intent.files.filter(({ phase }) => phase === 'expand');
  const named = new Set(expanding.slice(-namedLimit));
  const kept = intent.files.filter((file) => file.phase !== 'expand' || named.has(file));
  const more = intent.files.length - kept.length;
  return {
    schemaVersion: 1,
    ...(key === undefined ? {} : { key }),
    direction: intent.direction,
    files: kept.map(({ file, version, phase, sql }) => ({
      file: nameOf(file),
      version,
      phase,
      sha256: digestOfMigration(sql),
    })),
    held: intent.held.map(({ file, version }) => ({ file: nameOf(file), version })),
    ...(more === 0 ? {} : { more }),
  };
}

/** For people only: files are told apart by their version (S14). */
function nameOf(file: string): string {
  return cleanText(file, 160);
}

/** Of the text of a migration, as records keep it. Pure. */
export function digestOfMigration(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Writes down what is about to be applied, before it is: a run that dies in between leaves files that may have been applied.
 * A Deployment of its own, because the payload of the release cannot be changed any more. @throws GitHubError.
 */
export async function openMigrationRecord(
  github: GitHub,
  given: { environment: string; production: boolean; ref: string; key?: string | undefined },
  intent: MigrationIntent,
): Promise<number> {
  const { environment, production, ref, key } = given;
  const { files, direction } = intent;
  const { id } = await github.createDeployment({
    ref,
    environment,
    production,
    task: migrationTask,
    payload: toMigrationPayload(intent, key),
    description: cleanText(
      `${direction}: ${files.length} migration file${files.length === 1 ? '' : 's'}`,
      descriptionLimit,
    ),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  return id;
}

/** Says what became of it; `newest` is the version of the last file that is in the history. @throws GitHubError. */
export async function closeMigrationRecord(
  github: GitHub,
  id: number,
  outcome: { word: string; newest?: string | undefined; failed?: FailedFile | undefined },
): Promise<void> {
  const { failed } = outcome;
  // Before the outcome: a record with an outcome is whole.
  if (failed !== undefined)
    await github.createStatus(id, {
      state: 'in_progress',
      description: formatFact(
        failedStep,
        'outcome',
        failed.version,
        `${failed.reasonCode} ${failed.sqlstate ?? '-'} ${failed.line ?? '-'}`,
      ),
      autoInactive: false,
    });
  await github.createStatus(id, {
    state: 'inactive',
    description: formatFact('migration', 'outcome', outcome.word, outcome.newest),
    autoInactive: false,
  });
}

/** Undefined when the Deployment is none of ours, or of a newer version than this one reads. Pure. */
export function toMigrationRecord(deployment: GitHubDeployment): MigrationRecord | undefined {
  if (deployment.task !== migrationTask) return undefined;
  const data = typeof deployment.payload === 'string' ? parseJson(deployment.payload) : deployment.payload;
  const read = payload.safeParse(data);
  return read.success ? { ...read.data, id: deployment.id, at: deployment.createdAt } : undefined;
}

/** A page of GitHub, and how many are read: targets of a rollback are younger than a thousand runs of migrations. */
const pageSize = 100;
const recordPages = 10;

/**
 * The records of an environment, oldest first, with outcomes only where the guard needs them: of those that older code
 * cannot bear, and of those that took files back. @throws GitHubError.
 */
export async function readMigrationRecords(github: GitHub, environment: string): Promise<MigrationRecord[]> {
  const listed: GitHubDeployment[] = [];
  for (let page = 1; page <= recordPages; page++) {
    const found = await github.listDeployments({ environment, task: migrationTask, perPage: pageSize, page });
    listed.push(...found);
    if (found.length < pageSize) break;
  }
  const records = listed.flatMap((deployment) => toMigrationRecord(deployment) ?? []).toSorted((a, b) => a.id - b.id);
  return await Promise.all(
    records.map(async (record) => {
      const decides = record.direction === 'back' || record.files.some(({ phase }) => phase !== 'expand');
      return decides ? { ...record, outcome: outcomeOf(await github.listStatuses(record.id)) } : record;
    }),
  );
}

/** The newest run of migrations with what became of it, and the file that stopped it. @throws GitHubError. */
export async function readNewestMigration(
  github: GitHub,
  environment: string,
): Promise<(MigrationRecord & { failed?: FailedFile | undefined }) | undefined> {
  const listed = await github.listDeployments({ environment, task: migrationTask, perPage: pageSize });
  const newest = listed.flatMap((one) => toMigrationRecord(one) ?? []).toSorted((a, b) => b.id - a.id)[0];
  if (newest === undefined) return undefined;
  const statuses = await github.listStatuses(newest.id);
  return { ...newest, outcome: outcomeOf(statuses), failed: failedOf(statuses) };
}

/** Step of the fact that names the file. */
const failedStep = 'failed-file';

function failedOf(statuses: readonly DeploymentStatus[]): FailedFile | undefined {
  const fact = statuses
    .flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? [])
    .findLast(({ step }) => step === failedStep);
  if (fact === undefined) return undefined;
  const [reasonCode = '', sqlstate = '-', line = '-'] = fact.text.split(' ');
  return {
    version: fact.word,
    reasonCode,
    ...(/^[0-9A-Z]{5}$/.test(sqlstate) ? { sqlstate } : {}),
    ...(/^\d+$/.test(line) ? { line: Number(line) } : {}),
  };
}

function outcomeOf(statuses: readonly DeploymentStatus[]): MigrationRecord['outcome'] {
  const fact = statuses
    .flatMap((status) => parseFact(status.description ?? '', status.createdAt) ?? [])
    .findLast(({ step, kind }) => step === 'migration' && kind === 'outcome');
  return fact === undefined ? undefined : { word: fact.word, newest: fact.text === '' ? undefined : fact.text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
