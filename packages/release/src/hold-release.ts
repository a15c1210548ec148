import type { VercelProject } from '#vercel/project';
import { openLedger } from './ledger.ts';
import { takeLock } from './lock.ts';
import type { HeldBack } from './refuse-crossing.ts';
import type { TakeBackDependencies, TakeBackOutcome, TakeBackRequest } from './take-back-types.ts';

/** Nothing is moved: the environment is locked, the entry says that nobody proved it. */
export async function hold(
  { github, project }: TakeBackDependencies,
  request: TakeBackRequest,
  decision: HeldBack,
  warnings: string[],
): Promise<TakeBackOutcome> {
  const { handle } = request;
  const { reasonCode, reason } = decision;
  let lockId: number | undefined;
  try {
    const lock = await takeLock(github, {
      schemaVersion: 1,
      environment: handle.environment,
      production: handle.production,
      ref: handle.commit,
      key: handle.key,
      reason,
      runId: handle.runId,
      ...(handle.runUrl === undefined ? {} : { runUrl: handle.runUrl }),
      from: request.deploymentId,
      autoAssign: handle.autoAssign,
      expiresAfterMs: request.lockExpiryMs,
    });
    lockId = lock.held ? lock.lock.id : lock.own.id;
    await openLedger(github, handle).record('watch', 'outcome', 'unwatched', reason);
  } catch (error) {
    warnings.push(`The environment could not be locked: ${(error as Error).message}`);
  }
  if (lockId !== undefined && handle.as === 'production') await keepAutoAssignOff(project, warnings);
  const message = `${reason}. Nothing was moved${lockId === undefined ? '' : '; the environment is locked'}: a person decides.${decision.next === undefined ? '' : ` ${decision.next}`}`;
  return { act: 'hold', reasonCode, message, warnings, ...(lockId === undefined ? {} : { lockId }) };
}

/** While the lock holds no push goes live by itself (S2); the lock carries the original value for its unlock. */
async function keepAutoAssignOff(project: VercelProject, warnings: string[]): Promise<void> {
  try {
    const { autoAssign } = await project.readState();
    if (autoAssign !== false) await project.setAutoAssign(false);
  } catch (error) {
    warnings.push(`Auto-assignment of production domains may be on: ${(error as Error).message}`);
  }
}
