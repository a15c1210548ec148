import type { InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { type UnblockRequest, unblock } from '#postgres/doctor/unblock';
import type { LockHolder } from '#postgres/migration-lock';
import type { Given } from './plan-options.ts';

// As the doctor waits before it cancels a query, or ends an idle transaction.
const standardMs = { 'cancel-blockers': 5 * 60_000, 'terminate-idle-in-transaction': 10 * 60_000 };

/** What may be done about whoever stands in the way: only what was asked for and typed. Adds to `problems`. Pure. */
export function readUnblock(
  given: Given,
  about: { database: string | undefined; command: string | undefined },
  problems: InputProblem[],
): UnblockRequest | undefined {
  const { unblock: kind, unblockOlderThan } = given;
  if (kind === undefined) {
    if (unblockOlderThan !== undefined)
      problems.push({ name: 'unblock-older-than', message: 'is only used with unblock', allowed: 'with unblock' });
    return undefined;
  }
  if (given.mode !== 'apply' && given.mode !== 'plan') {
    const message = 'is for a migration that waits';
    problems.push({ name: 'unblock', given: kind, message, allowed: 'mode apply or plan' });
  }
  if (about.command !== undefined) {
    const message = 'needs the files of migrations-dir: whom another tool waits for is not seen';
    problems.push({ name: 'unblock', given: kind, message, allowed: 'without command' });
  }
  const word = given.environment ?? about.database;
  if (word !== undefined && given.confirm !== word) {
    const typed = given.confirm === undefined ? 'was not given' : 'does not repeat it';
    const message = `${typed}: unblock ends the work of other sessions, so type ${word}`;
    problems.push({ name: 'confirm', message, allowed: word });
  }
  return { kind, olderThanSeconds: (unblockOlderThan ?? standardMs[kind]) / 1000 };
}

/** One session that got a signal, or was spared, as the result tells it; no text of a query (S29). */
export interface UnblockedSession {
  pid: number;
  application: string;
  outcome: string;
}

/**
 * Does what was allowed, once for each attempt that found somebody in the way; every signal leaves an audit line. What goes wrong
 * is told, and the migration is tried again all the same. `done` fills with what was done.
 */
export function unblocker(
  runner: Runner,
  url: string,
  request: UnblockRequest,
  done: UnblockedSession[],
): (blockers: readonly LockHolder[]) => Promise<void> {
  const { logger, clock, context, signal } = runner;
  return async (blockers) => {
    const nameOf = (pid: number) => blockers.find((one) => one.pid === pid)?.application ?? '';
    try {
      const { outcomes, spared } = await unblock(url, blockers, request, {
        signal,
        audit: ({ session, signal: sent, outcome }) => {
          const who = `${session.application || 'no application name'} as ${session.user}`;
          const by = `${context.actor} in run ${context.runId}`;
          const at = new Date(clock.now()).toISOString();
          logger.notice(`audit: ${at} ${by}: ${sent} session ${session.pid} (${who}): ${outcome}`);
        },
      });
      for (const { session, outcome } of outcomes)
        done.push({ pid: session.pid, application: session.application, outcome });
      for (const { pid, reason } of spared) {
        logger.warning(`session ${pid} is spared: ${reason}`);
        done.push({ pid, application: nameOf(pid), outcome: `spared: ${reason}` });
      }
      if (outcomes.length === 0 && spared.length === 0)
        logger.info(`nobody in the way is older than ${request.olderThanSeconds} s and fits ${request.kind}`);
    } catch (error) {
      signal.throwIfAborted();
      logger.warning(`Who is in the way could not be looked at: ${(error as Error).message}`);
    }
  };
}
