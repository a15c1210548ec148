import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { type Candidate, chooseNext } from './choose-rollback-target.ts';
import { readMigrationRecords } from './migration-record.ts';
import { nameOf } from './name-of-target.ts';
import { readHistory, readRecentReleases } from './read-environment.ts';
import type { RollbackTarget } from './release-handle.ts';

/**
 * The way back where the recorded one cannot be taken any more, or serves and is sick: the next proven one that Vercel still
 * offers, older than what is served now. Read afresh; undefined when none is left. @throws GitHubError, VercelError.
 */
export async function findNextTarget(
  { github, project }: { github: GitHub; project: VercelProject },
  settings: EnvironmentSettings,
  excluded: readonly string[],
): Promise<RollbackTarget | undefined> {
  const { environment } = settings;
  const [releases, migrations] = await Promise.all([
    readRecentReleases(github, environment),
    readMigrationRecords(github, environment),
  ]);
  return chooseNext({ ...(await readHistory(project, settings, releases)), migrations }, excluded).target;
}

/** Up to five deployments that can be gone back to, for people. Pure. */
export function offer(candidates: readonly Candidate[], excluded: readonly (string | undefined)[] = []): string {
  const good = candidates
    .filter(({ standing, deployment }) => standing !== 'ineligible' && !excluded.includes(deployment.id))
    .slice(0, 5);
  if (good.length === 0) return 'No deployment can be rolled back to.';
  const names = good.map(({ deployment, version }) =>
    nameOf({ deploymentId: deployment.id, ...(version === undefined ? {} : { version }) }),
  );
  return `Can be taken: ${names.join(', ')}.`;
}
