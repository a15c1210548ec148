import { openLedger } from '#release/ledger';
import { type LockRequest, readOpenLocks, takeLock } from '#release/lock';
import type { EnvironmentPlace } from '#release/move-domains';
import { messageOf, settle } from '#release/patience';
import type { RollBackDependencies } from '#release/roll-back';
import type { DatabasePart } from './database-part.ts';

interface DatabaseLock extends LockRequest, Pick<EnvironmentPlace, 'as'> {
  target: NonNullable<LockRequest['target']>;
}

/**
 * Rehearsal and restore point take long: nothing newer may be promoted until the rollback SQL has run (S1). Where an open lock
 * holds, as after the app went back, that is enough; without one the database stays as it is.
 */
export async function lockForDatabase(
  deps: Pick<RollBackDependencies, 'github' | 'project'>,
  part: DatabasePart,
  request: DatabaseLock,
): Promise<DatabasePart> {
  if (!part.due) return part;
  const locked = await settle(keepLocked(deps, request));
  if (!('error' in locked)) return part;
  const message = `${request.environment} is not locked (${messageOf(locked.error)}), and a release could promote newer code while the database goes back: the database stays as it is; run the same again once GitHub answers`;
  return { due: false, reasonCode: 'not_locked', message };
}

async function keepLocked(
  { github, project }: Pick<RollBackDependencies, 'github' | 'project'>,
  { as, ...request }: DatabaseLock,
): Promise<void> {
  if ((await readOpenLocks(github, request.environment)).length > 0) return;
  const { autoAssign } = await project.readState();
  const original = autoAssign === undefined ? {} : { autoAssign };
  const taken = await takeLock(github, { ...request, ...original, appOnly: true });
  // While the lock holds it is off, as after a rollback of the app.
  if (as === 'production' && autoAssign !== false) await project.setAutoAssign(false);
  const { id } = taken.held ? taken.lock : taken.own;
  // It promises no rollback that somebody would have to bring to its end: the target is served.
  const { deploymentId } = request.target;
  await openLedger(github, { ledgerId: id }).record('rollback', 'outcome', 'already-current', deploymentId);
}
