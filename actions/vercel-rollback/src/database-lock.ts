import type { WayBackOfDatabase } from '#config/settings';
import { messageOf } from '#http/error-reason';
import { commandOn } from '#release/command-line';
import { decideDatabaseBack } from '#release/decide-database-back';
import { elapsed } from '#release/elapsed';
import { openLedger } from '#release/ledger';
import { type Lock, type LockRequest, readOpenLocks, takeLock } from '#release/lock';
import type { EnvironmentPlace } from '#release/move-domains';
import { settle } from '#release/patience';
import type { RollBackDependencies } from '#release/roll-back';
import type { DatabasePart } from './database-part.ts';

interface DatabaseLock extends LockRequest, Pick<EnvironmentPlace, 'as'> {
  target: NonNullable<LockRequest['target']>;
  /** `rollback.database.policy`. */
  policy: readonly WayBackOfDatabase[] | undefined;
  /** How long the database may take to go back. */
  neededMs: number;
}

/**
 * Rehearsal and restore point take long: nothing newer may be promoted until the rollback SQL has run (S1). A lock that holds so
 * long for the same target is enough, as after the app went back; without one the database stays as it is. Where the policy
 * refuses for sure nothing is locked: the next step says what is left to a person.
 */
export async function lockForDatabase(
  deps: Pick<RollBackDependencies, 'github' | 'project'>,
  part: DatabasePart,
  request: DatabaseLock,
): Promise<DatabasePart> {
  if (!part.due || !('way' in decideDatabaseBack(request.policy, false))) return part;
  const locked = await settle(keepLocked(deps, request));
  const { environment } = request;
  if ('error' in locked) {
    const message = `${environment} is not locked (${messageOf(locked.error)}), and a release could promote newer code while the database goes back: the database stays as it is; run the same again once that is mended`;
    return { due: false, reasonCode: 'not_locked', message };
  }
  const { lock, taken, problem } = locked.value;
  const until = `${new Date(lock.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const lift = commandOn(request, 'unlock', { reason: '<why>' });
  if (problem !== undefined) {
    const message = `${environment} is locked until ${until} (${lift}), but ${problem}: the database stays as it is; run the same again once that is mended`;
    return { due: false, reasonCode: 'lock_unfinished', message };
  }
  if (!taken) return part;
  return { ...part, message: `${part.message}; ${environment} is locked for it until ${until} (${lift})` };
}

/** How long the lock of a rollback holds, of which the database may be a part; milliseconds. Pure. */
export function lockExpiryFor(expiresAfterMs: number, neededMs: number | undefined): number {
  return Math.max(expiresAfterMs, 2 * (neededMs ?? 0));
}

async function keepLocked(
  { github, project }: Pick<RollBackDependencies, 'github' | 'project'>,
  { as, policy: _policy, neededMs, ...request }: DatabaseLock,
): Promise<{ lock: Lock; taken: boolean; problem?: string }> {
  const open = await readOpenLocks(github, request.environment);
  const { autoAssign } = await project.readState();
  const lasts = (lock: Lock) => lock.expiresAt - github.serverTime() >= neededMs;
  const { deploymentId } = request.target;
  const finish = async (lock: Lock, taken: boolean) => {
    const own = lock.key === request.key && lock.target?.deploymentId === deploymentId;
    const done = [
      // It promises no rollback that somebody would have to bring to its end: the target is served.
      own && lock.rollback === undefined
        ? await settle(
            openLedger(github, { ledgerId: lock.id }).record('rollback', 'outcome', 'already-current', deploymentId),
          )
        : undefined,
      // While the lock holds it is off, as after a rollback of the app; who took the lock may have failed at it.
      as === 'production' && autoAssign !== false ? await settle(project.setAutoAssign(false)) : undefined,
    ];
    const problems = done.flatMap((one) => (one !== undefined && 'error' in one ? [messageOf(one.error)] : []));
    if (!lasts(lock)) {
      const left = elapsed(lock.expiresAt - github.serverTime());
      problems.push(
        `that lock of this run ends in ${left}, and the database may take ${elapsed(neededMs)}: lift it first`,
      );
    }
    return { lock, taken, ...(problems.length === 0 ? {} : { problem: problems.join('; ') }) };
  };
  // One without a target is a person's, who may lift it at any moment without a look at the database.
  const last = open.findLast((lock) => lock.target !== undefined);
  if (last?.target?.deploymentId === deploymentId && lasts(last)) return await finish(last, false);
  // The project itself may show what an earlier rollback left.
  const before = open.at(-1)?.autoAssign ?? autoAssign;
  const original = before === undefined ? {} : { autoAssign: before };
  const expiresAfterMs = lockExpiryFor(request.expiresAfterMs, neededMs);
  const outcome = await takeLock(github, { ...request, ...original, expiresAfterMs, appOnly: true });
  return await finish(outcome.held ? outcome.lock : outcome.own, true);
}
