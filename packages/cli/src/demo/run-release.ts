import { join } from 'node:path';
import { type RunnerEvent, type RunReport, runComposite } from '#local-runner/run-composite';
import type { Sandbox } from '#sandbox/sandbox-types';

/** One run of `deploy/action.yml`, as GitHub would start it for the tag of this version. */
export async function runRelease(given: {
  libraryRoot: string;
  sandbox: Sandbox;
  workspace: string;
  version: string;
  commit: string;
  runId: number;
  ageRecipient: string;
  signal: AbortSignal;
  onEvent: (event: RunnerEvent) => void;
}): Promise<RunReport> {
  const { vercel, postgres, slack, github } = given.sandbox.description;
  return runComposite({
    action: join(given.libraryRoot, 'deploy'),
    inputs: {
      environment: 'production',
      version: given.version,
      'github-token': github.token,
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'database-url': postgres.url,
      'age-recipients': given.ageRecipient,
      'slack-bot-token': slack.token,
      'slack-channel': slack.channelId,
      'vercel-api-url': vercel.apiUrl,
      'slack-api-url': slack.apiUrl,
    },
    secrets: [github.token, vercel.token, postgres.url, slack.token],
    eventName: 'push',
    event: { ref: `refs/tags/${given.version}` },
    github: {
      repository: github.repository,
      repositoryId: given.sandbox.repositoryId,
      sha: given.commit,
      ref: `refs/tags/${given.version}`,
      runId: given.runId,
      actor: 'release-manager',
      token: github.token,
      apiUrl: github.apiUrl,
    },
    workspace: given.workspace,
    signal: given.signal,
    onEvent: given.onEvent,
  });
}
