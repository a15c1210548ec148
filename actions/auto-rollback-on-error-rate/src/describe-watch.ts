import { escapeMarkdown } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { findLikelyCause } from '#observe/likely-cause';
import type { WatchOutcome } from '#observe/watch';
import type { Asked } from '#release/asked';
import { describePrevious, type PreviousKept } from '#release/keep-previous';
import type { ActionDecision } from './decide-action.ts';
import type { WatchPlan } from './plan-watch.ts';
import { renderWatch } from './render-watch.ts';
import type { TakenBack } from './take-back.ts';

/** The watch, the decision and, where it was taken, the way back as the result of the action. */
export function describeWatch(
  outcome: WatchOutcome,
  decision: ActionDecision & { reasonCode?: string },
  about: {
    plan: WatchPlan;
    deploymentId?: string | undefined;
    rollbackTarget?: string | undefined;
    /** What people are asked now. */
    asked?: Asked | undefined;
    /** File of the chart; empty where there is none. */
    chart?: string | undefined;
    /** The deployment that served before, where it was looked after. */
    previous?: PreviousKept | undefined;
  },
  back: TakenBack | undefined,
): Result {
  const { plan, deploymentId, rollbackTarget } = about;
  const { sources, combine, mode } = plan;
  const { source, denominator } = outcome;
  const { reasonCode, summary: _, ...measured } = outcome;
  const cause =
    outcome.verdict === 'fail' ? findLikelyCause({ ...outcome, baseline: outcome.baseline ?? [] }) : undefined;
  return {
    decision: back?.decision ?? decision.decision,
    reasonCode: back && back.decision !== 'rolled-back' ? back.reasonCode : (decision.reasonCode ?? reasonCode),
    summary: back ? `${decision.summary}. ${back.summary}` : decision.summary,
    failed: decision.failed,
    warning: decision.warning,
    details: {
      ...measured,
      ...(sources.length > 1 && { sources, combine }),
      mode,
      minRequests: plan.minRequests,
      rules: plan.rules.map((rule) => rule.text),
      deploymentId,
      rollbackTarget,
      ...(cause && { likelyCause: cause }),
      ...(about.asked && { asked: about.asked }),
      ...(about.previous && { previous: { ...about.previous, said: describePrevious(about.previous) } }),
      ...(back && { rollback: back.rollback, rollbackReasonCode: back.reasonCode }),
      ...(back?.restored && { restored: back.restored }),
    },
    outputs: {
      verdict: outcome.verdict,
      requests: String(outcome.requests),
      errors: String(outcome.errors),
      link: outcome.link ?? '',
      chart: about.chart ?? '',
    },
    jobSummary: [
      renderWatch(outcome, { decision, source, denominator, mode }),
      ...(cause
        ? [escapeMarkdown(`Signs: ${cause.signs.join('; ') || 'none of one cause'}. Suggested: ${cause.next}.`)]
        : []),
      ...(about.previous ? [escapeMarkdown(`${describePrevious(about.previous)}.`)] : []),
    ].join('\n\n'),
  };
}
