import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { readOpenLocks } from '../lock.ts';
import { readServed } from '../move-domains.ts';
import { placeOf, readRecentReleases } from '../read-environment.ts';
import { unlock } from '../unlock.ts';

/** What a rollback locked for people is nothing to a rehearsal: nobody has to mend anything. */
export interface LiftedRehearsal {
  lifted: number;
  /** One sentence; undefined where no rehearsal left a lock. */
  message?: string | undefined;
}

/**
 * Lifts the locks that rehearsals of this environment left, those of dead runs too, once their way back has ended and what it
 * promised is served; auto-assign is as before then. Anybody else's lock stays. @throws GitHubError, VercelError.
 */
export async function liftRehearsal(
  { github, project }: { github: GitHub; project: VercelProject },
  settings: EnvironmentSettings,
): Promise<LiftedRehearsal> {
  const { environment, production } = settings;
  const place = placeOf(settings);
  const [locks, releases, served] = await Promise.all([
    readOpenLocks(github, environment),
    readRecentReleases(github, environment),
    readServed(project, place),
  ]);
  const rehearsed = new Map(releases.filter(({ rehearsal }) => rehearsal).map((release) => [release.key, release]));
  const own = locks.filter(({ key }) => rehearsed.has(key));
  const [first] = own;
  if (first === undefined) return { lifted: 0 };
  const done = own.filter(({ key, target, rollback }) => {
    const ended = rehearsed.get(key)?.decision !== undefined || rollback !== undefined;
    return ended && target !== undefined && !served.mixed && served.deploymentId === target.deploymentId;
  });
  if (done.length === 0)
    return {
      lifted: 0,
      message: `The lock of the rehearsal stays: ${first.target?.deploymentId ?? 'what it names'} is not served`,
    };
  const ids = new Set(done.map(({ id }) => id));
  const { message } = await unlock(
    // Auto-assign belongs to production's domains, which an alias of the same project leaves alone.
    { github, project: place.as === 'production' ? project : undefined },
    {
      environment,
      production,
      key: first.key,
      reason: 'the rehearsal of the way back is over',
      autoAssignDefault: rehearsed.get(first.key)?.autoAssign ?? false,
      only: ({ id }) => ids.has(id),
    },
  );
  return { lifted: done.length, message };
}
