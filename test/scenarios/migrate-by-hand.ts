import { join } from 'node:path';
import { type RunReport, runComposite } from '#local-runner/run-composite';
import type { ReleaseFixture } from './release-fixture.ts';

const library = join(import.meta.dirname, '../..');

/** migrate-with-backup as a person dispatches it, on the commit of a version. */
export async function migrateByHand(
  { sandbox, repository }: ReleaseFixture,
  version: string,
  runId: number,
  inputs: Record<string, string> = {},
): Promise<RunReport> {
  const { github, postgres } = sandbox.description;
  return await runComposite({
    action: join(library, 'actions/migrate-with-backup'),
    inputs: {
      environment: 'production',
      'throw-away': 'true',
      'database-url': postgres.url ?? '',
      'github-token': github.token,
      ...inputs,
    },
    secrets: [github.token],
    environment: {},
    eventName: 'workflow_dispatch',
    event: {},
    github: {
      repository: github.repository,
      repositoryId: sandbox.repositoryId,
      sha: '',
      ref: `refs/tags/${version}`,
      runId,
      runAttempt: 1,
      actor: 'release-manager',
      token: github.token,
      apiUrl: github.apiUrl,
    },
    workspace: await repository.checkOut(version),
  });
}
