import { openQuestion } from './asked.ts';
import type { ReleaseDecision } from './decide-release-outcome.ts';
import { describeFilesOfDead } from './describe-files-behind.ts';
import { type FixForward, isOverdue, openFixForward } from './fix-forward.ts';
import { type Lock, openAmong } from './lock-record.ts';
import type { ReleaseRecord } from './release-record.ts';
import { readWindow, watchContinues } from './watch-record.ts';

export interface ReconcileFacts {
  /** Ledger entries of one environment, newest first. */
  releases: readonly ReleaseRecord[];
  /** Locks of the environment, lifted and expired ones too. */
  locks: readonly Lock[];
  /** Runs that are known to have ended. */
  endedRuns: ReadonlySet<number>;
  /** Runs that GitHub shows as not ended; one that waits for an approval may be days old. */
  liveRuns: ReadonlySet<number>;
  /** GitHub's clock; milliseconds. */
  now: number;
}

/** What is to be done about one entry whose run ended without a final state, or whose watch nobody goes on with. */
export type EntryPlan = { release: ReleaseRecord } & (
  | {
      do: 'close';
      decision: ReleaseDecision;
      reasonCode: string;
      what: string;
      /** The lock that alone says that the release was rolled back: its record has to say so, too. */
      saidBy?: Lock | undefined;
    }
  /** Its lock promises a rollback that was not brought to its end. */
  | { do: 'finish-rollback' }
  /** It may be live without a verdict: what is served decides, as in a release that was cancelled. */
  | { do: 'take-back' }
  /** Live and unlooked at for so long that moving production now would surprise people more than it protects them. */
  | { do: 'mark-unwatched'; why: string }
  /** The time to mend its breach is over, and no newer release is live. */
  | { do: 'end-fix-forward'; mending: FixForward }
);

export type LockPlan = { lock: Lock } & (
  | { do: 'close'; word: 'expired' | 'yielded'; text: string }
  /** A rollback by hand that died between its lock and its domains. */
  | { do: 'finish-rollback' }
);

export interface ReconcilePlan {
  /** Oldest first: the newest has the last word about auto-assign. */
  entries: EntryPlan[];
  locks: LockPlan[];
}

/** A job of GitHub's own runners ends after six hours; an entry older than that has lost its run. */
const longestRunMs = 6 * 60 * 60 * 1000;

/** After this time without anybody who looked at it, production is not moved by itself any more. */
export const takeBackWithinMs = 60 * 60 * 1000;

/** True when the run of an entry or a lock cannot be working on it any more. Pure. */
export function hasEnded(
  facts: Pick<ReconcileFacts, 'endedRuns' | 'liveRuns' | 'now'>,
  { runId, since }: { runId: number | undefined; since: number },
): boolean {
  if (runId !== undefined && facts.endedRuns.has(runId)) return true;
  if (runId !== undefined && facts.liveRuns.has(runId)) return false;
  return facts.now - since > longestRunMs;
}

/** What dead runs left to do (S7). Pure; what Vercel serves is asked only where the plan says so. */
export function decideReconcile(facts: ReconcileFacts): ReconcilePlan {
  const open = openAmong(facts.locks, facts.now);
  const served = facts.releases.find(({ promotion, rolledBack }) => promotion === 'promoted' && !rolledBack);
  const isLost = (release: ReleaseRecord) => {
    if (release.newerSchema !== undefined) return false;
    if (release.decision === watchContinues) return isWatchLost(facts, open, release, release === served);
    if (release.decision === 'rollback-failed') return isStillPromised(facts, open, release);
    if (isOverdue(release, facts.now)) return release === served || hasLock(open, release);
    if (release.decision !== undefined) return false;
    return hasEnded(facts, { runId: release.runId, since: release.openedAt }) || isForgotten(release, facts.now);
  };
  const lost = facts.releases.filter(isLost);
  const entries = lost.map((release) => planEntry(release, open, facts.now)).toReversed();
  const handled = new Set(facts.releases.map(({ key }) => key));
  return { entries, locks: planLocks(facts, open, handled) };
}

/** Longer than a job that acts on an answer takes for its way back. */
const answerGraceMs = 10 * 60 * 1000;

/** A job that waits for reviewers keeps its run alive for days, although the one that acts has died. */
function isForgotten({ facts }: ReleaseRecord, now: number): boolean {
  const question = openQuestion(facts);
  return question !== undefined && now > question.until + answerGraceMs;
}

/** GitHub starts scheduled runs late; after that nobody comes any more. */
const watchGraceMs = 2 * 60 * 60 * 1000;

/** Three runs of watch.yml every five minutes: the next one finishes what a dead one began, and two would do it at once. */
const watchLeadMs = 15 * 60 * 1000;

/**
 * True where a run of watch.yml died between its lock and the end of the record and no later one finished it, or where none came
 * to judge the window of what is served. A way back that failed and said so is tried again by the next run of watch.yml.
 */
function isWatchLost(facts: ReconcileFacts, open: readonly Lock[], release: ReleaseRecord, isServed: boolean): boolean {
  const own = open.find((lock) => lock.key === release.key && lock.target !== undefined);
  if (own !== undefined && !hasEnded(facts, { runId: own.runId, since: own.createdAt })) return false;
  if (own !== undefined && (own.rollback === undefined || own.rollback === 'rolled-back' || release.rolledBack))
    return facts.now - own.createdAt > watchLeadMs;
  const window = isServed ? readWindow(release) : undefined;
  return window !== undefined && facts.now > window.since + window.windowMs + watchGraceMs;
}

/**
 * True where a way back failed and said so, but only because a service did not answer: its lock still promises it. Later than a
 * takeover of production may be, it is left to the people who were told.
 */
function isStillPromised(facts: ReconcileFacts, open: readonly Lock[], release: ReleaseRecord): boolean {
  const own = open.find(({ key, target, rollback }) => key === release.key && target && rollback === undefined);
  if (own === undefined || facts.now - own.createdAt > takeBackWithinMs) return false;
  return hasEnded(facts, { runId: own.runId, since: own.createdAt });
}

/** A way back of this very release was begun. */
function hasLock(open: readonly Lock[], { key }: ReleaseRecord): boolean {
  return open.some((lock) => lock.key === key && lock.target !== undefined);
}

function planEntry(release: ReleaseRecord, open: readonly Lock[], now: number): EntryPlan {
  if (open.some((lock) => lock.key === release.key && lock.target !== undefined && lock.rollback === undefined))
    return { release, do: 'finish-rollback' };
  const back = open.find((lock) => lock.key === release.key && lock.rollback === 'rolled-back');
  if (release.rolledBack || back !== undefined) {
    const what = 'It was rolled back, and its run ended before it could close the record.';
    const saidBy = release.rolledBack ? undefined : back;
    return { release, do: 'close', decision: 'rolled-back', reasonCode: 'job_lost', what, saidBy };
  }
  const mending = release.decision === undefined ? undefined : openFixForward(release.facts);
  if (mending !== undefined) return { release, do: 'end-fix-forward', mending };
  if (release.promotion === 'none') {
    const files = describeFilesOfDead(release.facts);
    const what = `Its run ended before the promotion; production was not touched.${files === undefined ? '' : ` ${files}.`}`;
    return { release, do: 'close', decision: 'cancelled', reasonCode: 'job_lost', what };
  }
  if (release.decision === watchContinues) {
    const why = 'The window of its watch ended more than two hours ago, and no run of watch.yml judged it';
    return { release, do: 'mark-unwatched', why };
  }
  if (now - lastLookedAt(release) <= takeBackWithinMs) return { release, do: 'take-back' };
  const why = 'Its run ended after the promotion without a verdict, more than an hour ago';
  return { release, do: 'mark-unwatched', why };
}

/** A stage that was judged, and a question while it was open, were looked at: the hour starts there. Milliseconds. */
function lastLookedAt({ facts, openedAt, promotedAt }: ReleaseRecord): number {
  const live = promotedAt ?? facts.findLast(({ step }) => step === 'promote')?.at ?? openedAt;
  const judged = facts.findLast(({ step, word }) => step === 'stage' && word !== 'staged')?.at;
  // From when on a job that waits is forgotten: a pass that comes once an hour must not find it too early or too late.
  const answered = (openQuestion(facts)?.until ?? 0) + answerGraceMs;
  return Math.max(live, judged ?? 0, answered);
}

function planLocks(facts: ReconcileFacts, open: readonly Lock[], handled: ReadonlySet<string>): LockPlan[] {
  const expired = facts.locks.filter((lock) => lock.releasedAt === undefined && lock.expiresAt <= facts.now);
  const plans: LockPlan[] = expired.map((lock) => ({ lock, do: 'close', word: 'expired', text: '' }));
  // Of two rollbacks the later one is the later word.
  const last = open.findLast(({ target }) => target !== undefined);
  for (const lock of open) {
    const promised = lock.target !== undefined && lock.rollback === undefined && !handled.has(lock.key);
    if (!promised || lock.runId === undefined || lock.runId === 0) continue;
    if (!hasEnded(facts, { runId: lock.runId, since: lock.createdAt })) continue;
    if (last !== undefined && last.id !== lock.id) {
      plans.push({ lock, do: 'close', word: 'yielded', text: `to ${last.id}` });
    } else if (facts.now - lock.createdAt <= takeBackWithinMs) {
      plans.push({ lock, do: 'finish-rollback' });
    }
  }
  return plans;
}
