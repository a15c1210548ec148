import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { commandOn } from './command-line.ts';
import { timeOf } from './fix-forward.ts';
import { closeLock, openAmong, readLocks, readOpenLocks, takeLock } from './lock.ts';

export interface MaintenanceRequest {
  environment: string;
  production: boolean;
  reason: string;
  /** Who asks, for the lock. */
  key: string;
  /** A commit that GitHub knows, for the lock. */
  ref: string;
  lockExpiryMs: number;
}

export interface MaintenanceOutcome {
  isPaused: boolean;
  message: string;
}

/**
 * Shows nobody a broken app where there is nothing to go back to (FRB-15): Vercel pauses the project, production answers 503. A lock
 * comes first and keeps the original auto-assign, which pausing switches off; an open one, of a failed release, is left as it is.
 * @throws GitHubError, VercelError.
 */
export async function startMaintenance(
  { github, project }: { github: GitHub; project: VercelProject },
  request: MaintenanceRequest,
): Promise<MaintenanceOutcome> {
  const { environment, production, key, ref, reason } = request;
  const open = await readOpenLocks(github, environment);
  let until = Math.max(...open.map(({ expiresAt }) => expiresAt));
  if (open.length === 0) {
    const { autoAssign } = await project.readState();
    const taken = await takeLock(github, {
      schemaVersion: 1,
      environment,
      production,
      ref,
      key,
      reason: `maintenance: ${reason}`,
      ...(autoAssign === undefined ? {} : { autoAssign }),
      expiresAfterMs: request.lockExpiryMs,
    });
    if (!taken.held) await closeLock(github, taken.own, 'yielded', `to ${taken.holder.id}`);
    until = (taken.held ? taken.lock : taken.holder).expiresAt;
  }
  await project.pause();
  const off = commandOn(request, 'maintenance off');
  const message = `${environment} is paused at Vercel: visitors get 503, and no release starts until its lock expires at ${timeOf(until)}. Next: mend it, then ${off}`;
  return { isPaused: true, message };
}

/**
 * Shows production again. Vercel switches auto-assign on with it: while a lock holds it goes off again (S2), else to the newest original
 * that a lock recorded, also a lifted or expired one. What to do is read first: behind the end of the pause nothing but the switch can
 * fail, and the command again sets it. @throws as above.
 */
export async function endMaintenance(
  { github, project }: { github: GitHub; project: VercelProject },
  request: Pick<MaintenanceRequest, 'environment' | 'production'>,
): Promise<MaintenanceOutcome> {
  const { environment } = request;
  const [locks, { currentDeploymentId }] = await Promise.all([readLocks(github, environment), project.readState()]);
  const isLocked = openAmong(locks, github.serverTime()).length > 0;
  const recorded = locks.toSorted((a, b) => b.id - a.id).find(({ autoAssign }) => autoAssign !== undefined);
  const wanted = isLocked ? false : recorded?.autoAssign;
  await project.unpause();
  if (wanted !== undefined) await project.setAutoAssign(wanted);
  const shown = `${environment} is shown again and serves ${currentDeploymentId ?? 'nothing'}; it`;
  const message = isLocked
    ? `${shown} stays locked. Next: ${commandOn(request, 'unlock')}, then release the fix.`
    : `${shown} is not locked. Auto-assignment of production domains is ${wanted === undefined ? 'on: no lock recorded what it was' : `${wanted ? 'on' : 'off'}, as before`}.`;
  return { isPaused: false, message };
}
