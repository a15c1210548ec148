import type { ReleaseMode } from './release-handle.ts';

/** Outcome of a step as GitHub records it; empty when the step was never reached. */
export type StepOutcome = 'success' | 'failure' | 'cancelled' | 'skipped' | '';

/** What is known when the always-reached rollback step starts. */
export interface RollbackFacts {
  /** False when preflight left no release behind. */
  hasRelease: boolean;
  mode: ReleaseMode;
  jobStatus: 'success' | 'failure' | 'cancelled' | '';
  /** `reason`: what the promotion said, in one line. */
  promote: { outcome: StepOutcome; decision: string; reason?: string | undefined };
  health: { outcome: StepOutcome };
  smoke: { outcome: StepOutcome };
  /** Edge functions that are deployed after the promotion; absent where they are not. */
  functionsAfter?: { outcome: StepOutcome } | undefined;
  watch: { outcome: StepOutcome; decision: string; reason?: string | undefined };
  /**
   * What the domains serve; `rolling` while it is the canary of a rolling release, `unknown` where Vercel did not answer, `pending` where it still carries our promotion out. Read
   * only where the recorded outcomes leave it open.
   */
  serving: 'new' | 'other' | 'mixed' | 'rolling' | 'unknown' | 'pending';
  /** Somebody else's lock is open. */
  foreignLock: boolean;
  hasTarget: boolean;
}

export interface RollbackDecision {
  /** `hold`: nothing is moved, the environment is locked and people are told. */
  act: 'not-needed' | 'roll-back' | 'hold';
  reasonCode: string;
  reason: string;
}

/** Decision of the promotion as a later run of the watch gives it: the job that promoted has ended. */
const handedOff = 'handed-off';

/** Verdicts after which nothing is taken back. */
const proven = ['pass', 'held', 'watch-continues'];

/** True when the outcomes alone do not say whether the domains moved. Pure. */
export function mustAskWhatIsServed(facts: Pick<RollbackFacts, 'hasRelease' | 'promote' | 'watch'>): boolean {
  const { outcome, decision } = facts.promote;
  if (!facts.hasRelease || outcome === '' || outcome === 'skipped') return false;
  if (isAnswered(facts.watch)) return true;
  // Another release may have gone live since its own job ended.
  if (decision === handedOff) return !proven.includes(facts.watch.decision);
  return decision !== 'promoted' && decision !== 'already-current' && decision !== 'superseded';
}

/** Whether the release must be taken back, from what its steps left behind (design §5, S1). Pure. */
export function decideRollbackNeeded(facts: RollbackFacts): RollbackDecision {
  const { promote, watch } = facts;
  if (!facts.hasRelease) return notNeeded('nothing_started', 'no release was started');
  if (promote.outcome === '' || promote.outcome === 'skipped') {
    return notNeeded('not_promoted', 'production was not touched');
  }
  if (promote.decision === 'superseded' || watch.decision === 'superseded') {
    return notNeeded('superseded', 'a rollback or a newer release took over');
  }
  // A bad stage of a rolling release in a mode that only tells: the canary keeps its share, and a person decides.
  if (promote.decision === 'would-roll-back' && promote.outcome !== 'cancelled' && facts.jobStatus !== 'cancelled')
    return notNeeded('would_roll_back', promote.reason || 'a stage of the rolling release is bad');
  const trouble = isAnswered(watch)
    ? afterAnswer(facts)
    : promote.decision === handedOff
      ? afterHandOff(facts)
      : mustAskWhatIsServed(facts)
        ? unsettled(facts)
        : troubleAfterPromotion(facts);
  if (trouble === undefined) return notNeeded('verified', 'the release passed its checks');
  if (trouble.act === 'not-needed') return trouble;
  // The lock of a rollback in flight: it moves the domains, a second mover would undo it (S1).
  if (facts.foreignLock)
    return notNeeded('superseded', 'another rollback holds the lock and decides what production serves');
  if (trouble.act === 'roll-back' && !facts.hasTarget) {
    return {
      act: 'hold',
      reasonCode: 'no_previous_deployment',
      reason: `${trouble.reason}, and there is no earlier good deployment to go back to`,
    };
  }
  return trouble;
}

/** People were asked whether to go back and said yes or nothing in time, or did not mend it in the time that they had. */
function isAnswered({ decision }: RollbackFacts['watch']): boolean {
  return decision === 'approved' || decision === 'unanswered' || decision === 'overdue';
}

/** While people thought about it a newer release may have gone live: that must not be taken back for this one. */
function afterAnswer({ watch, serving }: RollbackFacts): RollbackDecision {
  const reason = watch.reason === undefined || watch.reason === '' ? 'the watch saw a breach' : watch.reason;
  if (serving !== 'other') return rollBack(watch.decision, reason);
  return notNeeded('superseded', 'production has moved on while the answer was waited for');
}

/** A release that went live while this one was judged must not be taken off for it. */
function afterHandOff(facts: RollbackFacts): RollbackDecision | undefined {
  const trouble = troubleAfterPromotion(facts);
  if (trouble === undefined || trouble.act === 'not-needed' || facts.serving !== 'other') return trouble;
  return notNeeded('superseded', 'production has moved on since this release was handed off');
}

/** The promotion did not end cleanly: Vercel says how far it came. */
function unsettled(facts: RollbackFacts): RollbackDecision {
  const cancelled = facts.promote.outcome === 'cancelled' || facts.jobStatus === 'cancelled';
  const what = cancelled ? 'cancelled while it was being promoted' : 'the promotion did not finish';
  if (facts.serving === 'other')
    return notNeeded('not_moved', `${what}; production still serves what it served before`);
  // Nothing to take back yet, and nobody would watch it when it lands.
  if (facts.serving === 'pending')
    return hold(
      'promotion_pending',
      `${what}: Vercel still carries it out, and production may move to it at any moment`,
    );
  const where = {
    new: 'production serves it unverified',
    mixed: 'some domains serve it and some do not',
    rolling: 'it is the canary of a rolling release',
    unknown: 'Vercel does not say what production serves',
  }[facts.serving];
  const reason = `${what}: ${where}`;
  // Half moved is broken in every mode.
  if (facts.serving === 'rolling' && !cancelled) {
    const told = facts.promote.reason;
    return rollBack('stage_failed', told === undefined || told === '' ? reason : told);
  }
  if (cancelled && facts.serving !== 'mixed' && facts.serving !== 'rolling' && facts.mode !== 'auto')
    return hold('cancelled', reason);
  return rollBack(cancelled ? 'cancelled' : 'promotion_failed', reason);
}

function troubleAfterPromotion(facts: RollbackFacts): RollbackDecision | undefined {
  const { health, smoke, watch, mode } = facts;
  // A failed check after promotion goes back whatever the mode is: it is no statistic.
  if (health.outcome === 'failure') return rollBack('health_failed', 'the health gate failed after the promotion');
  if (smoke.outcome === 'failure') return rollBack('smoke_failed', 'the smoke tests failed after the promotion');
  if (facts.functionsAfter?.outcome === 'failure')
    return rollBack('functions_failed', 'the edge functions could not be deployed after the promotion');
  if (proven.includes(watch.decision)) return undefined;
  // A rule was broken that does less than the mode: people decide.
  if (watch.decision === 'breach') return notNeeded('would_roll_back', watch.reason || 'the watch saw a breach');
  if (watch.decision === 'asked') return notNeeded('asked', 'people are asked; the job that waits acts');
  if (watch.decision === 'declined') return notNeeded('declined', watch.reason || 'people left it as it is');
  if (watch.decision === 'would-roll-back') {
    const reason = watch.reason === undefined || watch.reason === '' ? 'the watch saw a breach' : watch.reason;
    if (mode === 'auto') return rollBack('breach', reason);
    // `observe` only records; the others tell people, who decide.
    return mode === 'observe' ? notNeeded('observed', reason) : notNeeded('would_roll_back', reason);
  }
  const cancelled =
    facts.jobStatus === 'cancelled' || [health, smoke, watch].some((step) => step.outcome === 'cancelled');
  const reason = cancelled
    ? 'cancelled after promotion, before there was a verdict'
    : 'the watch ended without a verdict';
  const reasonCode = cancelled ? 'cancelled' : 'no_verdict';
  return mode === 'auto' ? rollBack(reasonCode, reason) : hold(reasonCode, reason);
}

function notNeeded(reasonCode: string, reason: string): RollbackDecision {
  return { act: 'not-needed', reasonCode, reason };
}

function rollBack(reasonCode: string, reason: string): RollbackDecision {
  return { act: 'roll-back', reasonCode, reason };
}

function hold(reasonCode: string, reason: string): RollbackDecision {
  return { act: 'hold', reasonCode, reason };
}
