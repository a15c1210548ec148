import type { Session } from './database-report.ts';

/** A session and those that wait for it, directly; `pid` 0 stands for prepared transactions, which have no session. */
export interface LockTree {
  pid: number;
  session?: Session;
  waiters: LockTree[];
  /** True where the session waits for one that waits for it: the server ends such a deadlock after deadlock_timeout. */
  cycle?: true;
}

/** Who blocks whom, roots first: a root waits for no other session. A session that several others block stands under each. */
export function buildLockTree(sessions: readonly Session[]): LockTree[] {
  const byPid = new Map(sessions.map((session) => [session.pid, session]));
  const waiters = new Map<number, number[]>();
  for (const session of sessions) {
    for (const blocker of new Set(session.blockedBy)) {
      waiters.set(blocker, [...(waiters.get(blocker) ?? []), session.pid]);
    }
  }
  const isBlocked = (pid: number): boolean => (byPid.get(pid)?.blockedBy ?? []).length > 0;
  const roots = [...waiters.keys()].filter((pid) => !isBlocked(pid));
  const seen = new Set<number>();
  const trees = roots.map((pid) => grow(pid, []));
  // What no root leads to waits in a circle.
  for (const pid of waiters.keys()) if (!seen.has(pid)) trees.push(grow(pid, []));
  return trees;

  function grow(pid: number, above: readonly number[]): LockTree {
    seen.add(pid);
    const session = byPid.get(pid);
    const node: LockTree = { pid, waiters: [], ...(session === undefined ? {} : { session }) };
    if (above.includes(pid)) return { ...node, cycle: true };
    return { ...node, waiters: (waiters.get(pid) ?? []).map((waiter) => grow(waiter, [...above, pid])) };
  }
}
