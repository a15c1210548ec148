import { z } from 'zod';
import { missingForVercel, vercelConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError } from '#action-kit/inputs';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { emptyDrillDatabase } from '#backup/drill-database';
import { judgeRebuild, type RebuildFacts } from '#backup/judge-rebuild';
import { weakConnection } from '#postgres/database-url';
import { chooseDrillDeployments } from '#vercel/choose-drill-deployments';
import { openVercelProject } from '#vercel/project';
import { VercelError } from '#vercel/vercel-error';
import { describeDatabaseFailure } from './describe-database-failure.ts';
import type { Given } from './inputs.ts';

/** One of a drill that died a quarter ago is among the newest of these. */
const lookedAt = 1_000;

/** What the first half said of itself. */
const begun = z.object({
  commit: z.string().optional(),
  restoreSeconds: z.number().optional(),
  notRestored: z.object({ reasonCode: z.string(), message: z.string() }).optional(),
});

/**
 * Second half of a rebuild, whatever became of the others: removes every deployment against the database of a drill, those of
 * drills that died among them, empties the database, and says how it went. Nothing but what a drill marked is touched.
 */
export async function rebuildEnd(runner: Runner, given: Given): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const { targetUrl: url } = given;
  const vercel = vercelConnection(runner, given, settings);
  const problems: InputProblem[] = vercel === undefined ? missingForVercel(given, settings) : [];
  if (url === undefined)
    problems.push({ name: 'target-url', message: 'is needed by mode: rebuild-end: the database of the drill' });
  if (vercel === undefined || url === undefined || problems.length > 0) throw new InputError(problems);
  for (const weakness of weakConnection(url, settings.database.tlsReason)) runner.logger.warning(weakness);
  const { environment } = settings;
  const removed = await removeDeployments(runner, vercel, environment);
  // What users see reads it: a person takes that back first.
  const emptied =
    removed.productionServes.length > 0 ? ['the copy in the database of the drill'] : await emptyDatabase(url);
  const facts: RebuildFacts = {
    ...readBegun(given.rebuildResult),
    deployed: given.deployDecision,
    health: given.healthDecision,
    smoke: given.smokeDecision,
    left: [...removed.left, ...emptied],
    productionServes: removed.productionServes,
  };
  const { passed, reasonCode, problems: found } = judgeRebuild(facts);
  const summary = passed
    ? `${environment} was rebuilt from backup and record (${facts.commit?.slice(0, 7)}): healthy, smoke tests passed, everything removed`
    : `${environment} was not rebuilt as it must be: ${found.join('; ')}`;
  const { left, productionServes: _told, notRestored: _why, ...recorded } = facts;
  const removedAll = left.length === 0;
  return {
    decision: passed ? 'passed' : 'failed',
    reasonCode,
    summary,
    failed: !passed,
    details: { target: 'drill', environment, ...recorded, removed: removedAll, passed, reasonCode, problems: found },
    jobSummary: ['### Rebuild from backup and record', escapeMarkdown(summary), ''].join('\n\n'),
  };
}

/** Each is tried, whatever became of the one before. */
async function removeDeployments(
  { logger }: Runner,
  connection: Parameters<typeof openVercelProject>[0],
  environment: string,
): Promise<{ left: string[]; productionServes: string[] }> {
  try {
    const project = await openVercelProject({ ...connection, as: 'alias' });
    const { productionDomains } = await project.readState();
    const served = await Promise.all(
      productionDomains.map(async (host) => ({ host, id: await project.servedBy(host) })),
    );
    const listed = await project.deployments({ limit: lookedAt });
    const marked = chooseDrillDeployments(listed, environment, []);
    const productionServes = served.filter(({ id }) => marked.some((one) => one.id === id)).map(({ host }) => host);
    const serving = served.flatMap(({ id }) => id ?? []);
    const left: string[] = [];
    for (const { id } of chooseDrillDeployments(listed, environment, serving)) {
      try {
        await project.remove(id);
        logger.info(`${id} was removed`);
      } catch (error) {
        if (!(error instanceof VercelError)) throw error;
        left.push(`the deployment ${id}: ${error.message}`);
      }
    }
    return { left, productionServes };
  } catch (error) {
    if (!(error instanceof VercelError)) throw error;
    return { left: [`the deployments of the drill: ${error.message}`], productionServes: [] };
  }
}

async function emptyDatabase(url: string): Promise<string[]> {
  try {
    await emptyDrillDatabase(url);
    return [];
  } catch (error) {
    const problem = describeDatabaseFailure(error);
    if (problem === undefined) throw error;
    return [`the copy in the database of the drill: ${problem}`];
  }
}

/** Empty where its job died. */
function readBegun(text: string | undefined): z.infer<typeof begun> {
  try {
    return begun.parse(JSON.parse(text ?? ''));
  } catch {
    return {};
  }
}
