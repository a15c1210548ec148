import type { RollingReleaseState } from './rolling-release.ts';
import type { LastAliasRequest, MoveOutcome } from './vercel-types.ts';

/** What happened to our one request so far. `conflict`: answered 409. `unanswered`: it may or may not have arrived. */
export type Sent = 'not-yet' | 'accepted' | 'queued' | 'unanswered' | 'conflict';

/** Everything the next step of a move is decided from; times in milliseconds. */
export interface MoveView {
  type: 'promote' | 'rollback';
  target: string;
  sent: Sent;
  /** The project's last request as it was before ours, and the time of Vercel at that read. */
  before: LastAliasRequest | undefined;
  since: number;
  last: LastAliasRequest | undefined;
  /** After a 409 another request was seen running: when it has ended, ours may be sent again. */
  blocked: boolean;
  /** Production hosts and what serves them; a project without domains is told by its current deployment. */
  served: { host: string; by: string | undefined }[];
  /**
   * What our deployment is to the rolling release that is under way: its canary, waiting behind it, or `other`: it serves what the
   * canary does not, or has nothing to do with it. `none`: none is under way (trap 4).
   */
  rolling: 'none' | 'canary' | 'queued' | 'other';
  now: number;
  sentAt: number;
  /** When the reading of this picture began; a read that failed leaves the earlier picture and its time. */
  readAt: number;
  deadlineAt: number;
}

export type NextMove =
  | { do: 'send' | 'wait' }
  | ({ do: 'end' } & Pick<MoveOutcome, 'outcome' | 'reasonCode' | 'message'>);

/** How long the project may take to show a request that got no answer, before it is sent again. */
const REPEAT_AFTER_MS = 2_000;
/** How long somebody else's later request must be seen, before ours counts as overtaken: ours may only be late to show. */
const OVERTAKEN_AFTER_MS = 2_000;
/** How long aliases may lag behind a 409 "already current". */
const CONFLICT_GRACE_MS = 5_000;

/** How long the same move is left to somebody who sent it before us; what shows as running for longer may be stale. */
const TWIN_MS = 10_000;

/** Decides the next step; success needs the domains themselves as proof, not only a status (traps 4, 16; oracles: the CLI's gap). */
export function decideMove(view: MoveView): NextMove {
  const { sent, now } = view;
  const ours = isOurs(view);
  // While a canary answers a share of the visitors, the way back is not there yet, whatever the domains show.
  const isAborting = view.type === 'rollback' && view.rolling === 'other';
  const onTarget = !isAborting && view.served.length > 0 && view.served.every(({ by }) => by === view.target);
  const late = now >= view.deadlineAt;
  // By the age of what is looked at: while the project cannot be read, time alone shows nothing.
  const waited = view.readAt - view.sentAt;

  if (onTarget) {
    // Somebody else's move in progress may be about to take the domains away from the target, or ours is still being finished.
    if (isRunning(view.last) && (ours || view.last?.toDeploymentId !== view.target) && !late) return { do: 'wait' };
    if (isHeld(view)) return late ? atDeadline(view, ours) : { do: 'wait' };
    return sent === 'not-yet' || (sent === 'conflict' && !ours) ? end(view, 'already-current') : end(view, 'moved');
  }
  if (view.type === 'promote' && view.rolling === 'canary') return end(view, 'rolling', 'rolling_release_started');
  if (late) return atDeadline(view, ours);
  if (sent === 'not-yet') return { do: isSentBefore(view) && waited < TWIN_MS ? 'wait' : 'send' };
  if (ours) {
    if (view.last?.jobStatus === 'failed') return end(view, 'failed', 'move_failed');
    if (view.last?.jobStatus === 'skipped' && waited >= CONFLICT_GRACE_MS) return end(view, 'failed', 'move_skipped');
    return { do: 'wait' };
  }
  if (sent === 'conflict' && (view.blocked || isForeign(view)) && !isRunning(view.last)) return { do: 'send' };
  if (isForeign(view) && sent !== 'conflict' && waited >= OVERTAKEN_AFTER_MS) return end(view, 'failed', 'overtaken');
  if (sent === 'unanswered') return { do: waited >= REPEAT_AFTER_MS ? 'send' : 'wait' };
  if (sent === 'conflict' && !isRunning(view.last) && waited >= CONFLICT_GRACE_MS)
    return end(view, 'failed', 'move_conflict');
  return { do: 'wait' };
}

/** True when the project's last request is the one that we sent: same type, same target, not older than ours (trap 16). */
export function isOurs({ last, type, target, since, before, sent }: MoveView): boolean {
  if (!last || sent === 'not-yet' || last.type !== type || last.toDeploymentId !== target) return false;
  return last.requestedAt >= since && last.requestedAt !== before?.requestedAt;
}

/** The very move that is to be sent runs already: another run brings the same one to its end. */
function isSentBefore({ last, type, target }: MoveView): boolean {
  return isRunning(last) && last?.type === type && last.toDeploymentId === target;
}

/** Vercel has our promotion and carries it out when the rolling release lets it. */
function isHeld({ type, rolling }: MoveView): boolean {
  return type === 'promote' && (rolling === 'queued' || rolling === 'canary');
}

/** What a deployment is to the newest rolling release. */
export function roleIn(rolling: RollingReleaseState | undefined, target: string): MoveView['rolling'] {
  if (rolling?.queuedDeploymentId === target) return 'queued';
  if (rolling?.state !== 'ACTIVE') return 'none';
  return rolling.canaryDeploymentId === target ? 'canary' : 'other';
}

function isForeign(view: MoveView): boolean {
  const { last, before } = view;
  return last !== undefined && !isOurs(view) && last.requestedAt !== before?.requestedAt;
}

/** A move of this project's domains that Vercel has not finished yet. */
export function isRunning(last: LastAliasRequest | undefined): boolean {
  return last?.jobStatus === 'pending' || last?.jobStatus === 'in-progress';
}

function atDeadline(view: MoveView, ours: boolean): NextMove {
  if (isHeld(view)) return end(view, 'queued', 'queued_behind_rolling_release');
  const isTaken = view.sent === 'accepted' || view.sent === 'queued' || isSentBefore(view);
  if (isTaken || ours) return end(view, 'failed', 'domains_not_moved');
  if (view.sent === 'conflict') return end(view, 'failed', 'move_conflict');
  return end(view, 'failed', 'move_unanswered');
}

function end(view: MoveView, outcome: MoveOutcome['outcome'], reasonCode?: string): NextMove {
  const reason =
    reasonCode ?? (outcome === 'moved' ? (view.type === 'promote' ? 'promoted' : 'rolled_back') : 'already_current');
  return { do: 'end', outcome, reasonCode: reason, message: messageOf(view, reason) };
}

function messageOf(view: MoveView, reason: string): string {
  const { target, type } = view;
  const asked = type === 'promote' ? 'promotion' : 'rollback';
  const hosts = view.served.map(({ host }) => host).join(', ') || 'production';
  const where = view.served.map(({ host, by }) => `${host} is served by ${by ?? 'nothing of this project'}`).join('; ');
  switch (reason) {
    case 'already_current':
      return `${hosts} already ${view.served.length > 1 ? 'are' : 'is'} on ${target}; nothing was sent.`;
    case 'promoted':
    case 'rolled_back':
      return `${hosts} moved to ${target}.`;
    case 'move_failed':
      return `Vercel reports that the ${asked} to ${target} failed. ${where}.`;
    case 'move_skipped':
      return `Vercel skipped the ${asked} to ${target}. ${where}.`;
    case 'overtaken':
      return `Another ${view.last?.type} (to ${view.last?.toDeploymentId}) came after our ${asked} to ${target}. ${where}.`;
    case 'move_conflict':
      return `Vercel refused the ${asked} to ${target} as conflicting (409), but it is not current. ${where}.`;
    case 'queued_behind_rolling_release':
      return `The ${asked} to ${target} waits behind a rolling release. ${where}. Complete or abort that rolling release in Vercel.`;
    case 'rolling_release_started':
      return `${target} is the canary of a rolling release: a share of the visitors gets it. ${where}.`;
    case 'domains_not_moved':
      return `Vercel took the ${asked} to ${target}, but not every domain moved in time; it may still be carried out. ${where}.`;
    default:
      return `Vercel did not answer the ${asked} to ${target} in time, and the project shows no trace of it; it may still be carried out. ${where}.`;
  }
}
