import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { closeLock, type Lock, readLocks, takeLock } from './lock.ts';

export interface UnlockRequest {
  environment: string;
  reason: string;
  production: boolean;
  /** Who lifts it, for the record of a pin that no lock of ours explains. */
  key: string;
  /** Used where no lock remembers the original value. */
  autoAssignDefault: boolean;
}

export interface UnlockOutcome {
  lifted: Lock[];
  /** The dashboard's rollback that was acknowledged; absent when there was none. */
  acknowledged?: string;
  /** What auto-assign is now; absent where the project was not asked. */
  autoAssign?: boolean;
  message: string;
}

/**
 * Lifts every lock of an environment, expired ones too, and gives the project its original auto-assign back, which a
 * rollback switches off (trap 1). A rollback from the dashboard is acknowledged, so that releases promote over it again.
 * The project goes first: a lock that is already lifted would let a release start on a project that is still pinned.
 * @throws GitHubError, VercelError.
 */
export async function unlock(
  { github, project }: { github: GitHub; project: VercelProject | undefined },
  request: UnlockRequest,
): Promise<UnlockOutcome> {
  const { environment, reason } = request;
  const locks = (await readLocks(github, environment)).filter((lock) => lock.releasedAt === undefined);
  // The first lock of an incident saw the original; later ones saw what the first rollback left.
  const original = locks.toSorted((a, b) => a.id - b.id).find((lock) => lock.autoAssign !== undefined)?.autoAssign;
  const state = await project?.readState();
  const pinned = state?.pinnedRollback?.deploymentId;
  if (locks.length === 0 && pinned === undefined) {
    return { lifted: [], message: `${environment} is not locked; nothing was changed.` };
  }
  const autoAssign = original ?? request.autoAssignDefault;
  if (project !== undefined && state?.autoAssign !== autoAssign) await project.setAutoAssign(autoAssign);
  const unexplained = pinned !== undefined && !locks.some((lock) => lock.target?.deploymentId === pinned);
  const acknowledgement = unexplained ? await acknowledge(github, request, pinned) : undefined;
  const lifted = acknowledgement === undefined ? locks : [...locks, acknowledgement];
  for (const lock of lifted) await closeLock(github, lock, 'released', reason);
  const names = locks.map((lock) => `"${lock.reason}"`).join(', ');
  const parts = [
    locks.length === 0
      ? `The rollback to ${pinned} is acknowledged on ${environment}.`
      : `${environment} is unlocked (was: ${names}).`,
    project === undefined
      ? 'Auto-assignment of production domains was not touched.'
      : `Auto-assignment of production domains is ${autoAssign ? 'on' : 'off'}, as before.`,
  ];
  return {
    lifted: locks,
    ...(unexplained ? { acknowledged: pinned } : {}),
    ...(project === undefined ? {} : { autoAssign }),
    message: parts.join(' '),
  };
}

/** A rollback from the dashboard has no lock of ours: its record is made, then closed like any other. */
async function acknowledge(github: GitHub, request: UnlockRequest, pinned: string): Promise<Lock> {
  const { sha } = await github.commit('HEAD');
  const taken = await takeLock(github, {
    schemaVersion: 1,
    environment: request.environment,
    production: request.production,
    ref: sha,
    key: request.key,
    reason: `rollback to ${pinned} made outside of ops-actions`,
    target: { deploymentId: pinned },
    expiresAfterMs: 60_000,
  });
  return taken.held ? taken.lock : taken.own;
}
