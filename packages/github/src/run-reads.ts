import { z } from 'zod';
import { environmentAnswer, runApprovalsAnswer } from './answers.ts';
import type { Call } from './review-reads.ts';

export type RunApproval = z.infer<typeof runApprovalsAnswer>[number];

/** What GitHub knows of workflow runs and of the people whom they ask. */
export interface GitHubRuns {
  /** `queued`, `in_progress`, `waiting`, `completed` … of a workflow run; undefined where GitHub does not know it or may not say. */
  runStatus(runId: number): Promise<string | undefined>;
  /**
   * An environment and how many required reviewers it has (REST "Get an environment"). Undefined where there is none, or where
   * the token may not see it: GitHub makes one without protection when a job first names it.
   */
  environment(name: string): Promise<{ name: string; reviewers: number } | undefined>;
  /** What reviewers said about jobs of a run, in no order that GitHub promises (REST "Get the review history for a workflow run"). */
  runApprovals(runId: number): Promise<RunApproval[]>;
}

const runAnswer = z.object({ status: z.string().nullish() });

export function runReads(call: Call): GitHubRuns {
  return {
    runStatus: (runId) =>
      unlessHidden(async () => {
        const request = { path: `/actions/runs/${runId}` };
        return (await call(`read workflow run ${runId}`, 'actions: read', runAnswer, request)).status ?? undefined;
      }, ['github_not_found', 'github_forbidden']),
    environment: (name) =>
      unlessHidden(
        () =>
          call(`read the environment ${name}`, 'actions: read', environmentAnswer, {
            path: `/environments/${encodeURIComponent(name)}`,
          }),
        ['github_not_found'],
      ),
    runApprovals: (runId) =>
      call(`read the approvals of workflow run ${runId}`, 'actions: read', runApprovalsAnswer, {
        path: `/actions/runs/${runId}/approvals`,
      }),
  };
}

async function unlessHidden<T>(read: () => Promise<T>, hidden: readonly string[]): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hidden.includes(String((error as { reasonCode?: unknown }).reasonCode))) return undefined;
    throw error;
  }
}
