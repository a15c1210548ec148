import type { z } from 'zod';
import { type GitHub, GitHubError } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit } from './release-record.ts';

/** What every run that is held now and then says of itself: its key, so that a further attempt replaces it (S6), and when, in Unix seconds. */
interface RunRecord {
  key: string;
  at: number;
}

/** One kind of such records in the ledger: GitHub Deployments of a task of their own. */
export interface RunRecordKind<Shape extends z.ZodType<RunRecord>> {
  task: string;
  shape: Shape;
  /** Plural, for messages. */
  name: string;
}

/** Quarterly or monthly ones of several years. */
const recordLimit = 100;

/** Writes one into the ledger, whose page shows both texts. @throws GitHubError. */
export async function writeRunRecord(
  github: GitHub,
  given: { task: string; payload: object; environment: string; production: boolean; ref: string },
  texts: { description: string; status: string },
): Promise<void> {
  const { id } = await github.createDeployment({
    ...given,
    description: cleanText(texts.description, descriptionLimit),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  const description = cleanText(texts.status, descriptionLimit);
  await github.createStatus(id, { state: 'inactive', description, autoInactive: false });
}

/** Those of one environment, newest first, one for each run. @throws GitHubError. */
export async function readRunRecords<Shape extends z.ZodType<RunRecord>>(
  github: GitHub,
  environment: string,
  { task, shape }: RunRecordKind<Shape>,
): Promise<z.infer<Shape>[]> {
  const deployments = await github.listDeployments({ environment, task, perPage: recordLimit });
  const found = new Map<string, z.infer<Shape>>();
  for (const deployment of deployments) {
    if (deployment.task !== task) continue;
    const { payload } = deployment;
    const read = shape.safeParse(typeof payload === 'string' ? parseJson(payload) : payload);
    // GitHub lists the newest first: of several attempts the last one counts.
    if (read.success && !found.has(read.data.key)) found.set(read.data.key, read.data);
  }
  return [...found.values()].sort((a, b) => b.at - a.at);
}

/** As readRunRecords; undefined, and said, where GitHub does not tell. */
export async function tryReadRunRecords<Shape extends z.ZodType<RunRecord>>(
  github: GitHub | undefined,
  environment: string,
  kind: RunRecordKind<Shape>,
  say: (line: string) => void,
): Promise<z.infer<Shape>[] | undefined> {
  if (github === undefined) return undefined;
  try {
    return await readRunRecords(github, environment, kind);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    say(`The records of ${kind.name} cannot be read: ${error.message}`);
    return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
