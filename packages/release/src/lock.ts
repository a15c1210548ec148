import type { GitHub, GitHubDeployment } from '#github/client';
import { cleanText } from '#http/text';
import { type Lock, type LockPayload, lockTask, openAmong, toLock } from './lock-record.ts';
import { descriptionLimit, formatFact } from './release-record.ts';

export {
  defaultLockExpiryMs,
  describeLock,
  type Lock,
  type LockPayload,
  openAmong,
} from './lock-record.ts';

/** A closed lock stays closed: its statuses need not be read at every poll. */
const closedLocks = new WeakMap<GitHub, Set<number>>();

/** Locks that are looked at where lifted and expired ones matter, too. */
const recentLimit = 30;
/** Locks whose statuses are read at the same time. */
const chunk = 8;

/** The newest locks of an environment, lifted and expired ones too. */
export async function readLocks(github: GitHub, environment: string): Promise<Lock[]> {
  const deployments = await github.listDeployments({ environment, task: lockTask, perPage: recentLimit });
  return await readEach(github, deployments);
}

/** The locks that a run took, lifted and expired ones too. */
export async function readOwnLocks(
  github: GitHub,
  { environment, key }: { environment: string; key: string },
): Promise<Lock[]> {
  const deployments = await github.listDeployments({ environment, task: lockTask, perPage: 100 });
  return await readEach(
    github,
    deployments.filter((deployment) => toLock(deployment, [])?.key === key),
  );
}

/** The locks that hold now, the holder first. Time is the server's; what has expired costs no request. */
export async function readOpenLocks(github: GitHub, environment: string): Promise<Lock[]> {
  const deployments = await github.listDeployments({ environment, task: lockTask, perPage: 100 });
  const now = github.serverTime();
  const closed = closedLocks.get(github) ?? new Set<number>();
  closedLocks.set(github, closed);
  const mayHold = deployments.filter((deployment) => {
    const expiresAt = toLock(deployment, [])?.expiresAt ?? 0;
    return expiresAt > now && !closed.has(deployment.id);
  });
  const locks = await readEach(github, mayHold);
  for (const lock of locks) if (lock.releasedAt !== undefined) closed.add(lock.id);
  return openAmong(locks, now);
}

async function readEach(github: GitHub, deployments: readonly GitHubDeployment[]): Promise<Lock[]> {
  const locks: Lock[] = [];
  const ours = deployments.filter((deployment) => deployment.task === lockTask);
  for (let from = 0; from < ours.length; from += chunk) {
    const batch = ours.slice(from, from + chunk);
    const read = await Promise.all(batch.map(async (one) => toLock(one, await github.listStatuses(one.id))));
    locks.push(...read.filter((lock) => lock !== undefined));
  }
  return locks;
}

/**
 * The lock of somebody else's rollback, if there is one: it ends a release at every point as superseded (S1). A lock that
 * names no target only stops what is not promoted yet: a watch goes on under it, so that nothing is left unwatched.
 */
export async function foreignLock(
  github: GitHub,
  handle: { environment: string; key: string },
): Promise<Lock | undefined> {
  const locks = await readOpenLocks(github, handle.environment);
  // Of two rollbacks the later one is the later word.
  return locks.findLast((lock) => lock.key !== handle.key && lock.target !== undefined);
}

/**
 * The lock of a rollback that came after our own, or without one of ours: it ends a watch as superseded (S1). An earlier one
 * does not end the watch of what a later rollback restored.
 */
export async function laterLock(
  github: GitHub,
  handle: { environment: string; key: string },
): Promise<Lock | undefined> {
  const last = (await readOpenLocks(github, handle.environment)).findLast((lock) => lock.target !== undefined);
  return last?.key === handle.key ? undefined : last;
}

/** Any lock of somebody else: it stops what is not promoted yet. A rollback's comes first. */
export async function stoppingLock(
  github: GitHub,
  handle: { environment: string; key: string },
): Promise<Lock | undefined> {
  const locks = (await readOpenLocks(github, handle.environment)).filter((lock) => lock.key !== handle.key);
  return locks.findLast((lock) => lock.target !== undefined) ?? locks[0];
}

export interface LockRequest extends LockPayload {
  environment: string;
  /** Commit that GitHub knows: a Deployment needs one. */
  ref: string;
  production: boolean;
}

export type LockOutcome = { held: true; lock: Lock; adopted: boolean } | { held: false; holder: Lock; own: Lock };

/**
 * Takes the lock of an environment: created, read back, lowest id holds (S8). An open lock with the same key is adopted; of two
 * that two runs of one release wrote at the same moment the lower one stays, the other is closed.
 * `held: false`: somebody else was first; the own entry stays open until the caller decides. Few requests, because a
 * rollback waits for it; expired locks hold nothing and are closed by the next release.
 */
export async function takeLock(github: GitHub, request: LockRequest): Promise<LockOutcome> {
  const before = await readOpenLocks(github, request.environment);
  const own = before.find((lock) => lock.key === request.key);
  if (own !== undefined) return outcome(before, own, true);
  const { environment, ref, production, ...given } = request;
  const payload = { ...given, reason: cleanText(given.reason) };
  let created: number | undefined;
  let lost: unknown;
  try {
    const deployment = await github.createDeployment({
      ref,
      task: lockTask,
      environment,
      payload,
      description: cleanText(`locked: ${request.reason}`, descriptionLimit),
      production,
      // Other tools' auto_inactive touches only non-transient Deployments.
      transient: true,
    });
    created = deployment.id;
  } catch (error) {
    // The answer may have been lost after the effect: what is listed decides.
    lost = error;
  }
  const after = await readOpenLocks(github, environment).catch((error: unknown) => {
    throw lost ?? error;
  });
  const mine = after.find((lock) => lock.id === created || lock.key === request.key);
  if (mine === undefined)
    throw lost ?? new Error(`the lock of ${environment} was written but is not listed; run again`);
  if (created !== undefined && mine.id !== created)
    await closeLock(github, { id: created }, 'yielded', `to ${mine.id}`).catch(() => {});
  return outcome(after, mine, false);
}

function outcome(open: readonly Lock[], own: Lock, adopted: boolean): LockOutcome {
  // Between rollbacks only their own locks count: a person's plain lock neither moves nor protects domains.
  const [holder] = open.filter((lock) => own.target === undefined || lock.target !== undefined);
  return holder === undefined || holder.id === own.id
    ? { held: true, lock: own, adopted }
    : { held: false, holder, own };
}

/** Closes what has expired, so that lists stay honest (S8). */
export async function closeExpired(github: GitHub, locks: readonly Lock[]): Promise<void> {
  const now = github.serverTime();
  for (const lock of locks.filter((entry) => entry.releasedAt === undefined && entry.expiresAt <= now)) {
    await closeLock(github, lock, 'expired');
  }
}

/** Closes a lock: lifted by a person, expired, or yielded to the one that came first. */
export async function closeLock(
  github: GitHub,
  lock: { id: number },
  word: 'released' | 'expired' | 'yielded',
  text = '',
): Promise<void> {
  await github.createStatus(lock.id, {
    state: 'inactive',
    description: formatFact('lock', 'outcome', word, text),
    autoInactive: false,
  });
}

/** The lock of a rollback names another deployment from now on: its payload cannot be changed, so it is a status (S5). */
export async function renameTarget(
  github: GitHub,
  lock: { id: number },
  target: { deploymentId: string; version?: string | undefined },
): Promise<void> {
  await github.createStatus(lock.id, {
    state: 'in_progress',
    description: formatFact('target', 'outcome', target.deploymentId, target.version),
    autoInactive: false,
  });
}
