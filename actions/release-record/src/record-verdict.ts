import type { GitHub } from '#github/client';
import { type Asked, formatAsked } from '#release/asked';
import type { OutcomeFacts, ReleaseOutcome } from '#release/decide-release-outcome';
import { openLedger } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import { wouldHaveBeenStep } from '#release/would-have-been';
import { parse, percent } from './measured.ts';

/**
 * Keeps in the ledger what a milder mode left undone, whom it asked and what they answered. The question comes last: the job that
 * waits goes on from it. @throws GitHubError.
 */
export async function recordVerdict(
  github: GitHub,
  handle: ReleaseHandle,
  { outcome, steps, watchResult }: { outcome: ReleaseOutcome; steps: OutcomeFacts; watchResult: string | undefined },
): Promise<void> {
  const ledger = openLedger(github, handle);
  const { decision, reason } = steps.watch;
  if (['approved', 'declined', 'unanswered'].includes(reason)) {
    await ledger.record('approval', 'outcome', reason, steps.watch.summary);
    return;
  }
  if (outcome.decision !== 'would-roll-back' && outcome.decision !== 'asked') return;
  const mode = decision === 'breach' ? 'rule' : handle.mode;
  await ledger.record(wouldHaveBeenStep, 'outcome', mode, shortReason(watchResult));
  const { asked } = parse(watchResult);
  if (decision === 'asked' && asked !== undefined) {
    await ledger.record('approval', 'intent', 'asked', formatAsked(asked as Asked));
  }
}

/** Rule, value and requests, in the hundred characters that a fact leaves. Pure. */
export function shortReason(watchResult: string | undefined): string {
  const { rule, value, unit, requests, errors, reasonCode } = parse(watchResult);
  if (typeof rule !== 'string' || typeof value !== 'number' || reasonCode === 'probes_failing')
    return typeof reasonCode === 'string' ? reasonCode : 'no reason was told';
  const measured = unit === 'share' ? percent(value) : unit === 'ms' ? `${Math.round(value)} ms` : String(value);
  return `${rule}: ${measured}, ${errors} of ${requests} requests failed`;
}
