import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { describeEarlier, endImport, findSilentRollback, writeSilentRollback } from './import-rollback.ts';
import { closeLock, type Lock, readLocks, takeLock } from './lock.ts';
import type { LockTarget } from './lock-record.ts';
import { readRecentReleases } from './read-environment.ts';

export interface UnlockRequest {
  environment: string;
  reason: string;
  production: boolean;
  /** Who lifts it, for the record of a pin that no lock of ours explains. */
  key: string;
  /** Used where no lock remembers the original value. */
  autoAssignDefault: boolean;
  /** Which locks are lifted; default all. Where others stay open, the project stays as it is. */
  only?: ((lock: Lock) => boolean) | undefined;
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
  const { only = () => true } = request;
  // Once auto-assign is back, nothing shows any more what Vercel knows of it.
  const imported =
    project !== undefined && request.only === undefined ? await importBefore({ github, project }, request) : [];
  const open = (await readLocks(github, environment)).filter((lock) => lock.releasedAt === undefined);
  const locks = open.filter(only);
  if (locks.length < open.length) return await liftBeside(github, locks, request);
  // The first lock of an incident saw the original; later ones saw what the first rollback left.
  const original = locks.toSorted((a, b) => a.id - b.id).find((lock) => lock.autoAssign !== undefined)?.autoAssign;
  const state = await project?.readState();
  const pin = state?.pinnedRollback;
  const pinned = pin?.deploymentId;
  if (locks.length === 0 && pinned === undefined) {
    return { lifted: [], message: [`${environment} is not locked; nothing was changed.`, ...imported].join(' ') };
  }
  const autoAssign = original ?? request.autoAssignDefault;
  if (project !== undefined && state?.autoAssign !== autoAssign) await project.setAutoAssign(autoAssign);
  const unexplained = pin !== undefined && !locks.some(({ target }) => explains(target, pin));
  const acknowledgement = unexplained ? await acknowledge(github, request, pin) : undefined;
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
    ...imported,
  ];
  return {
    lifted: locks,
    ...(unexplained ? { acknowledged: pin.deploymentId } : {}),
    ...(project === undefined ? {} : { autoAssign }),
    message: parts.join(' '),
  };
}

/**
 * A rollback that GitHub did not see is written down before it is lifted, so that what it left is no way back later (S7). Sentences
 * for whoever lifts it.
 */
async function importBefore(
  services: { github: GitHub; project: VercelProject },
  { environment, production }: UnlockRequest,
): Promise<string[]> {
  const { github, project } = services;
  const state = await project.readState();
  if (state.pinnedRollback?.description === undefined) return [];
  const [releases, locks] = await Promise.all([
    readRecentReleases(github, environment),
    readLocks(github, environment),
  ]);
  const facts = { releases, locks, now: github.serverTime(), readRuns: takenAsEnded };
  const scope = { environment, production };
  const silent = await findSilentRollback(services, scope, state, facts);
  if (silent === undefined) return [];
  if ('refused' in silent) return [`${silent.refused}: nothing was written down of it.`];
  const { noted, plan } = silent;
  if (plan.isOwn) return [];
  const { lock } = await writeSilentRollback(services, scope, silent, facts);
  await endImport(github, lock, silent);
  return [
    `The rollback to ${noted.target.deploymentId} while GitHub was silent is written down now.`,
    ...describeEarlier(silent),
    ...(plan.unproven === undefined ? [] : [`${plan.unproven.replace(/\.$/, '')}.`]),
  ];
}

/** Of a run that still writes, what it lacks here is written twice: that is harmless, and a person waits. */
async function takenAsEnded(runIds: readonly number[]) {
  return { endedRuns: new Set(runIds), liveRuns: new Set<number>() };
}

/** Somebody else's lock holds: auto-assign is for whoever lifts that one. */
async function liftBeside(
  github: GitHub,
  locks: readonly Lock[],
  { environment, reason }: UnlockRequest,
): Promise<UnlockOutcome> {
  for (const lock of locks) await closeLock(github, lock, 'released', reason);
  return { lifted: [...locks], message: `${environment} stays locked by somebody else; what was ours is lifted.` };
}

/** Whether a lock names all that is held on an earlier deployment, of every app. */
function explains(target: LockTarget | undefined, { deploymentId, apps = {} }: LockTarget): boolean {
  return (
    target?.deploymentId === deploymentId && Object.entries(apps).every(([name, id]) => target.apps?.[name] === id)
  );
}

/** A rollback from the dashboard has no lock of ours: its record is made, then closed like any other. */
async function acknowledge(github: GitHub, request: UnlockRequest, pin: LockTarget): Promise<Lock> {
  const { deploymentId, apps } = pin;
  const { sha } = await github.commit('HEAD');
  const taken = await takeLock(github, {
    schemaVersion: 1,
    environment: request.environment,
    production: request.production,
    ref: sha,
    key: request.key,
    reason: `rollback to ${deploymentId} made outside of ops-actions`,
    target: { deploymentId, ...(apps && { apps }) },
    expiresAfterMs: 60_000,
  });
  return taken.held ? taken.lock : taken.own;
}
