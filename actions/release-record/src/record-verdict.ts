import type { GitHub } from '#github/client';
import { type Asked, formatAsked } from '#release/asked';
import type { OutcomeFacts, ReleaseOutcome } from '#release/decide-release-outcome';
import { type FixForward, fixForwardStep, formatFixForward } from '#release/fix-forward';
import { openLedger } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import { wouldHaveBeenStep } from '#release/would-have-been';
import { parse, percent, previousOf } from './measured.ts';

/**
 * Keeps in the ledger what a milder mode left undone, until when people may mend it, whom it asked and what they answered. The
 * question comes last: the job that waits goes on from it. @throws GitHubError; Error where the watch asked and did not tell its question.
 */
export async function recordVerdict(
  github: GitHub,
  handle: ReleaseHandle,
  {
    outcome,
    steps,
    watchResult,
    mending,
  }: {
    outcome: ReleaseOutcome;
    steps: OutcomeFacts;
    watchResult: string | undefined;
    mending?: FixForward | undefined;
  },
): Promise<void> {
  const ledger = openLedger(github, handle);
  const previous = previousOf(watchResult);
  if (previous !== undefined) await ledger.record('previous', 'outcome', previous.state, previous.said);
  const { decision, reason } = steps.watch;
  if (mending !== undefined) await ledger.record(fixForwardStep, 'intent', mending.after, formatFixForward(mending));
  if (['approved', 'declined', 'unanswered'].includes(reason)) {
    // Who answered, and their words, stand in the review history of the run: a ledger has no names of people (S5).
    await ledger.record('approval', 'outcome', reason);
    return;
  }
  if (outcome.decision !== 'would-roll-back' && outcome.decision !== 'asked') return;
  // What a stage of a rolling release said is kept by its promotion.
  if (!['asked', 'breach', 'would-roll-back'].includes(decision)) return;
  // In mode auto it was the rule, or a policy, that left it to people.
  const mode = decision === 'breach' || (decision === 'asked' && handle.mode === 'auto') ? 'rule' : handle.mode;
  await ledger.record(wouldHaveBeenStep, 'outcome', mode, shortReason(watchResult));
  const { asked } = parse(watchResult);
  if (decision !== 'asked') return;
  if (asked === undefined) throw new Error('the result of the watch has no question');
  await ledger.record('approval', 'intent', 'asked', formatAsked(asked as Asked));
}

/** A question that is not in the ledger is none: the job that waits would not find it. Pure. */
export function notAsked({
  what,
}: Pick<ReleaseOutcome, 'what'>): Pick<ReleaseOutcome, 'decision' | 'reasonCode' | 'what'> {
  const told =
    'But the question could not be kept in the ledger: nobody is asked after all, and nothing goes back by itself.';
  return { decision: 'would-roll-back', reasonCode: 'not_asked', what: `${what.replace(/\.$/, '')}. ${told}` };
}

/** Rule, value and requests, in the hundred characters that a fact leaves. Pure. */
export function shortReason(watchResult: string | undefined): string {
  const { rule, value, unit, requests, errors, reasonCode } = parse(watchResult);
  if (typeof rule !== 'string' || typeof value !== 'number' || reasonCode === 'probes_failing')
    return typeof reasonCode === 'string' ? reasonCode : 'no reason was told';
  const measured = unit === 'share' ? percent(value) : unit === 'ms' ? `${Math.round(value)} ms` : String(value);
  return `${rule}: ${measured}, ${errors} of ${requests} requests failed`;
}
