import { missingForVercel, supabaseConnection, vercelConnection } from '#action-kit/connections';
import { InputError, type InputValues } from '#action-kit/inputs';
import { openKeptFiles } from '#action-kit/kept-files';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { GitHub } from '#github/client';
import { openIncident } from '#incident/incident';
import { attempt } from '#release/finish-release';
import type { Finished } from '#release/finished';
import { openFunctionsPart } from '#release/functions-part';
import { openApps } from '#release/open-apps';
import { type ReconcileOutcome, reconcile } from '#release/reconcile';
import type { inputs } from './inputs.ts';
import { describeOutcome } from './result.ts';
import { incidentOf, toStory } from './story.ts';
import { tell } from './tell.ts';

export type Given = InputValues<typeof inputs>;

/** One pass over the records of an environment. @throws InputError with everything that is missing. */
export async function finish(runner: Runner, given: Given, github: GitHub): Promise<Result> {
  const settings = await loadSettings(runner, given);
  const vercel = vercelConnection(runner, given, settings);
  if (vercel === undefined) throw new InputError(missingForVercel(given, settings));
  const { clock, logger, context } = runner;
  const warnings: string[] = [];
  const endedRuns = await confirmedEnd(github, given.endedRun, warnings);
  const functions = openFunctionsPart(runner, {
    settings,
    github,
    connection: supabaseConnection(runner, given, settings),
    store: openKeptFiles(runner, { directory: given.snapshotPath, githubToken: given.githubToken }),
  });
  const outcome: ReconcileOutcome = await reconcile(
    {
      github,
      project: await openApps({ connection: vercel, settings, github }),
      clock,
      log: logger.info,
      functions: async (scope) => await functions.back(scope),
      async tell(finished: Finished) {
        const story = toStory(finished, context);
        const issue = !story.needsIncident || given.incident === 'elsewhere' ? undefined : incidentOf(story);
        const opened =
          issue === undefined
            ? undefined
            : await attempt(
                warnings,
                'The incident issue could not be opened',
                openIncident(github, issue, { everybodyReads: isPublic(context.event) }),
              );
        warnings.push(...(await tell(runner, given, settings, { finished, story, incident: opened })));
      },
    },
    { settings, repository: context.repository, repositoryId: context.repositoryId, endedRuns },
  );
  warnings.push(...outcome.warnings);
  for (const warning of warnings) logger.warning(warning);
  const stories = outcome.finished.map((finished) => toStory(finished, context));
  return describeOutcome({ settings, outcome, stories, warnings });
}

/** A run that was started again since it ended goes on: what the event says about it is no longer true. */
async function confirmedEnd(github: GitHub, given: string | undefined, warnings: string[]): Promise<number[]> {
  if (given === undefined) return [];
  const runId = Number(given);
  const status = await github.runStatus(runId);
  if (status === undefined || status === 'completed') return [runId];
  warnings.push(`GitHub shows run ${runId} as ${status}: what it has to do with this environment is left alone`);
  return [];
}
