import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { type GitHub, GitHubError } from '#github/client';
import { planMarker, upsertComment } from '#github/marked-comment';
import type { Migration } from './migrate.ts';
import type { ChangedMigrations } from './plan.ts';
import { pullRequestOf, renderPlanComment } from './plan-comment.ts';
import type { MigrateOptions } from './plan-options.ts';

/** What the pull request of this run changes in the folder; undefined outside of one, or where GitHub does not say. */
export async function readChangedMigrations(
  runner: Pick<Runner, 'context' | 'logger'>,
  github: GitHub | undefined,
  { directory }: Pick<MigrateOptions, 'directory'>,
): Promise<ChangedMigrations | undefined> {
  const pullRequest = pullRequestOf(runner.context.event);
  if (pullRequest === undefined || github === undefined) return undefined;
  try {
    const files = await github.filesOf(pullRequest.number);
    const folder = relative(runner.context.workspace, directory);
    const here = files.flatMap(({ path, status }) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return path === (folder === '' ? name : `${folder}/${name}`) ? [{ name, status }] : [];
    });
    const named = (statuses: readonly string[]) =>
      new Set(here.filter(({ status }) => statuses.includes(status)).map(({ name }) => name));
    return { added: named(['added', 'renamed', 'copied']), modified: named(['modified', 'changed']) };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    runner.logger.warning(`${error.message}; without the list of changed files every migration counts as pending`);
    return undefined;
  }
}

/** Puts the plan into the pull request; what stands against it is said, and the plan stays in the job's summary. */
export async function commentPlan(
  runner: Pick<Runner, 'context' | 'logger'>,
  github: GitHub | undefined,
  /** Environment or folder, and what tells several plans of it apart. */
  name: { of: string; plan: string | undefined },
  migration: Migration,
  result: Result,
): Promise<void> {
  const { context, logger } = runner;
  const stays = (why: string) => logger.warning(`${why}: the plan stays in the summary of this job`);
  const pullRequest = pullRequestOf(context.event);
  if (pullRequest === undefined) return stays('this run belongs to no pull request');
  if (pullRequest.fork) return stays('the pull request comes from a fork, whose token may not comment');
  if (github === undefined) return stays('no github-token is given');
  const inspection = 'inspection' in migration ? migration.inspection : undefined;
  const files = inspection?.plan.pending ?? [];
  const marker = planMarker(name.plan === undefined ? name.of : `${name.of}:${name.plan}`);
  const page = result.jobSummary ?? `### Migrations\n\n${escapeMarkdown(result.summary)}`;
  const body = renderPlanComment({ marker, ...name, page, files, runUrl: context.runUrl });
  const createIt = files.length > 0 || (inspection?.findings.length ?? 0) > 0;
  try {
    const done = await upsertComment(github, pullRequest.number, marker, body, { createIt });
    if (done !== 'none') logger.info(`Plan ${done} as a comment of pull request #${pullRequest.number}`);
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    stays(error.message);
  }
}

/** The plan as a file, for a run that may not comment; another one shows it. */
export async function writePlan(workspace: string, path: string, { jobSummary, summary }: Result): Promise<void> {
  const target = join(workspace, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, jobSummary ?? `${summary}\n`);
}
