import type { Result } from '#action-kit/result';
import type { WatchOutcome } from '#observe/watch';
import type { Asked } from '#release/asked';
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
  },
  back: TakenBack | undefined,
): Result {
  const { plan, deploymentId, rollbackTarget } = about;
  const { sources, combine, mode } = plan;
  const { source, denominator } = outcome;
  const { reasonCode, summary: _, ...measured } = outcome;
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
      ...(about.asked && { asked: about.asked }),
      ...(back && { rollback: back.rollback, rollbackReasonCode: back.reasonCode }),
      ...(back?.restored && { restored: back.restored }),
    },
    outputs: { verdict: outcome.verdict, requests: String(outcome.requests), errors: String(outcome.errors) },
    jobSummary: renderWatch(outcome, { decision, source, denominator, mode }),
  };
}
