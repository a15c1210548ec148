import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { openLedger } from './ledger.ts';
import { closeLock, describeLock, type Lock } from './lock.ts';
import { type EnvironmentPlace, readServed } from './move-domains.ts';
import { settle } from './patience.ts';

/** What leaves with a way back: what the addresses serve, or the canary of a rolling release that is under way. */
export type Leaving = Pick<Awaited<ReturnType<typeof readServed>>, 'deploymentId' | 'mixed'>;

/** What came after the lock of a way back: another rollback's lock, or a deployment that this lock does not name. */
export type LaterMove = { lock: Lock } | { serves: string };

/**
 * What somebody decided after a lock had promised a way back that was not brought to its end; whoever finishes it then would
 * undo that. Undefined where it may be finished. `leaving` is undefined where Vercel does not say: the way back goes first. Pure.
 */
export function findLaterMove(own: Lock, open: readonly Lock[], leaving: Leaving | undefined): LaterMove | undefined {
  const lock = open.findLast(({ id, key, target }) => target !== undefined && id > own.id && key !== own.key);
  if (lock !== undefined) return { lock };
  const serves = leaving?.deploymentId;
  if (leaving === undefined || serves === undefined) return undefined;
  if (serves === own.target?.deploymentId && !leaving.mixed) return undefined;
  // Once it was back, whatever is served instead was brought there later.
  const isDone = own.rollback !== undefined && own.rollback !== 'failed';
  const isLeft = leaving.mixed || own.from === undefined || own.from === serves;
  return isLeft && !isDone ? undefined : { serves };
}

/**
 * Looks whether a way back that was begun is still to be finished. Where a later move stands, the lock gives way to it or, where only
 * the domains tell, holds on without its promise; the sentence says why nothing is moved.
 */
export async function yieldToLaterMove(
  { github, project }: { github: GitHub; project: VercelProject },
  place: EnvironmentPlace,
  { own, open }: { own: Lock; open: readonly Lock[] },
): Promise<string | undefined> {
  const leaving = await settle(readLeaving(project, place));
  const later = findLaterMove(own, open, 'value' in leaving ? leaving.value : undefined);
  if (later === undefined) return undefined;
  // What cannot be written is found again by whoever comes next.
  if ('lock' in later) {
    await settle(closeLock(github, own, 'yielded', `to ${later.lock.id}`));
    return `${describeLock(later.lock)} It came after the rollback that was not finished (${own.reason}), so nothing was moved.`;
  }
  const text = `production serves ${later.serves}`;
  await settle(openLedger(github, { ledgerId: own.id }).record('rollback', 'outcome', 'superseded', text));
  return `${own.environment} serves ${later.serves}, to which it was moved after the rollback that was not finished (${own.reason}), so nothing was moved.`;
}

async function readLeaving(project: VercelProject, place: EnvironmentPlace): Promise<Leaving> {
  const state = await project.readState();
  const rolling = state.rollingRelease && place.as === 'production' ? await project.rolling.read() : undefined;
  if (rolling?.state === 'ACTIVE') return { deploymentId: rolling.canaryDeploymentId, mixed: false };
  return await readServed(project, place, state);
}
