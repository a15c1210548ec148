import { z } from 'zod';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit, formatFact, parseFact } from './release-record.ts';

/** Task of every GitHub Deployment that keeps an environment blocked until a migration is applied (DRB-06). */
const forwardFixTask = 'ops-actions:forward-fix';
const step = 'forward-fix';

const payload = z.object({
  schemaVersion: z.literal(1),
  /** What it mends: version of the file that failed, `command`, or `rollback` of a version. Two fixes of one thing are one. */
  mends: z.string(),
  /** Version and path of the migration that has to be applied, and the branch that has it. */
  version: z.string(),
  path: z.string(),
  branch: z.string(),
});

export type ForwardFix = z.infer<typeof payload>;
export type OpenForwardFix = ForwardFix & { id: number };

/** Fixes of one environment that are looked at, newest first: older ones are not open any more. */
const recordLimit = 30;

/** All fixes of an environment, oldest first, with what an ended one had: its number is not free any more. @throws GitHubError. */
export async function listForwardFixes(
  github: GitHub,
  environment: string,
): Promise<(OpenForwardFix & { ended: boolean })[]> {
  const listed = await github.listDeployments({ environment, task: forwardFixTask, perPage: recordLimit });
  const fixes = listed
    .flatMap(({ id, task, payload: given }) => {
      const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
      return task === forwardFixTask && read.success ? [{ ...read.data, id }] : [];
    })
    .toSorted((a, b) => a.id - b.id);
  return await Promise.all(fixes.map(async (fix) => ({ ...fix, ended: await hasEnded(github, fix.id) })));
}

/** Those that nothing has ended yet; of two for the same thing only the older one. @throws GitHubError. */
export async function readForwardFixes(github: GitHub, environment: string): Promise<OpenForwardFix[]> {
  return openAmong(await listForwardFixes(github, environment));
}

/** Pure. */
export function openAmong(fixes: readonly (OpenForwardFix & { ended: boolean })[]): OpenForwardFix[] {
  const open = fixes.filter(({ ended }) => !ended);
  return open.filter((fix) => open.find(({ mends }) => mends === fix.mends) === fix);
}

async function hasEnded(github: GitHub, id: number): Promise<boolean> {
  const statuses = await github.listStatuses(id);
  const facts = statuses.flatMap(({ description, createdAt }) => parseFact(description ?? '', createdAt) ?? []);
  return facts.some((fact) => fact.step === step && fact.kind === 'outcome');
}

/** Blocks the environment: written before branch and issue, so that a run that dies in between leaves it blocked. @throws GitHubError. */
export async function openForwardFix(
  github: GitHub,
  given: { environment: string; production: boolean; ref: string },
  fix: ForwardFix,
): Promise<OpenForwardFix> {
  const { id } = await github.createDeployment({
    ...given,
    task: forwardFixTask,
    payload: fix,
    description: cleanText(`forward fix ${fix.version}`, descriptionLimit),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  return { ...fix, id };
}

/** @throws GitHubError. */
export async function endForwardFix(github: GitHub, id: number, word: string): Promise<void> {
  const description = formatFact(step, 'outcome', word);
  await github.createStatus(id, { state: 'inactive', description, autoInactive: false });
}

/** How a person ends the block where the fix turned out not to be needed; the ledger keeps who did it. Pure. */
export function withdrawCommand(repository: string, id: number): string {
  return `gh api repos/${repository}/deployments/${id}/statuses -f state=inactive -f description=ops:${step}:outcome:withdrawn`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
