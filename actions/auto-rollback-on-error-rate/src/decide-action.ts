import { milderAction } from '#config/rule-words';
import type { WatchOutcome } from '#observe/watch';
import type { WatchPlan } from './plan-watch.ts';

/** What follows from a watch. `act`: the way back is taken now. */
export interface ActionDecision {
  decision:
    | 'pass'
    | 'watch-continues'
    | 'would-roll-back'
    | 'breach'
    | 'held'
    | 'superseded'
    | 'cancelled'
    /** Mode approve inside the workflow: people are asked; what they answered. */
    | 'asked'
    | 'approved'
    | 'declined'
    | 'unanswered';
  act: boolean;
  failed: boolean;
  warning: boolean;
  summary: string;
}

/**
 * Turns a verdict into a decision by mode and policies (design §10, ARB-09, ARB-12). A rule, and the policy `ask`, may do less than the
 * mode allows, never more: `approve` asks people where a job waits for them, everywhere else the decision is `breach`, which moves
 * nothing.
 */
export function decideAction(
  outcome: Pick<WatchOutcome, 'verdict' | 'reasonCode' | 'summary' | 'action' | 'broken' | 'noData'>,
  plan: Pick<WatchPlan, 'mode' | 'onNoData' | 'onInconclusive'>,
  given: {
    act: boolean;
    failOn?: 'held' | undefined;
    mayAsk?: boolean;
    /** How long after the verdict could first be known it came, and after how long it moves nothing any more; milliseconds. */
    late?: { byMs: number; limitMs: number };
  },
): ActionDecision {
  const { verdict, reasonCode, summary } = outcome;
  if (reasonCode === 'superseded' || reasonCode === 'cancelled') {
    return { decision: reasonCode, act: false, failed: true, warning: false, summary: sentence(summary) };
  }
  // Neither a pass nor a lack of traffic: it was not asked yet, or, which people should see, could not be read now.
  if (reasonCode === 'window_open') {
    const warning = outcome.noData !== undefined;
    return { decision: 'watch-continues', act: false, failed: false, warning, summary: sentence(summary) };
  }
  const policy = verdict === 'no-data' ? plan.onNoData : verdict === 'inconclusive' ? plan.onInconclusive : undefined;
  if (verdict === 'fail' || policy === 'fail' || policy === 'ask') {
    const why = policy === undefined ? summary : `${summary} (${settingOf(verdict)}: ${policy})`;
    const said = policy === 'ask' ? 'approve' : policy === 'fail' ? 'auto' : (outcome.action ?? 'auto');
    const does = milderAction(plan.mode, said);
    if (given.mayAsk && does === 'approve') {
      return { decision: 'asked', act: false, failed: true, warning: false, summary: sentence(why) };
    }
    if (does !== plan.mode) {
      const speaks = policy === undefined ? `the rule says ${said}` : `${settingOf(verdict)} says ask`;
      const told = `A person must decide (${speaks}): ${summary}`;
      return { decision: 'breach', act: false, failed: true, warning: false, summary: told };
    }
    const { late } = given;
    // Live for so long that moving production now would surprise people more than it protects them.
    if (plan.mode === 'auto' && late !== undefined && late.byMs > late.limitMs) {
      const told = `A person must decide, it came ${Math.round(late.byMs / 60_000)} minutes late: ${why}`;
      return { decision: 'breach', act: false, failed: true, warning: false, summary: told };
    }
    return breach(why, plan.mode, given.act);
  }
  if (policy === 'hold') {
    const failed = given.failOn === 'held';
    return { decision: 'held', act: false, failed, warning: !failed, summary: `Live, not proven: ${summary}` };
  }
  const passed = policy === 'pass' ? `${sentence(summary)} (${settingOf(verdict)}: pass)` : sentence(summary);
  const warned = outcome.broken.some(({ level }) => level === 'warning');
  return { decision: 'pass', act: false, failed: false, warning: warned || policy === 'pass', summary: passed };
}

function breach(why: string, mode: WatchPlan['mode'], act: boolean): ActionDecision {
  const base = {
    decision: 'would-roll-back',
    act: false,
    failed: mode !== 'observe',
    warning: mode === 'observe',
  } as const;
  if (!act) return { ...base, summary: sentence(why) };
  switch (mode) {
    case 'auto':
      return { ...base, act: true, summary: sentence(why) };
    case 'observe':
      return { ...base, summary: `Would roll back (mode observe): ${why}` };
    case 'notify':
      return { ...base, summary: `A person must decide (mode notify): ${why}` };
    case 'approve':
      return {
        ...base,
        summary: `A person must run the rollback (mode approve asks only inside deploy-production.yml, where a job waits for the answer): ${why}`,
      };
  }
}

function settingOf(verdict: WatchOutcome['verdict']): string {
  return verdict === 'no-data' ? 'on-no-data' : 'on-inconclusive';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
