import { type AfterReleaseFacts, findCheck, type WindowVerdict } from './after-release-record.ts';
import type { PlannedWindow } from './plan-windows.ts';

/** What one run found about one requirement. */
export interface Measurement {
  window: string;
  require: string;
  /** `needs-confirmation`: no source that was asked tells it, or too little for a verdict, so a person has to. */
  verdict: WindowVerdict | 'needs-confirmation';
  /** In words, with its limit. */
  value: string;
  /** Milliseconds. */
  at: number;
}

/** How one requirement stands. */
export interface CheckState {
  require: string;
  verdict: WindowVerdict;
  value: string;
  at?: number;
  /** The name by which a person confirms it, where only a person can. */
  confirm?: string;
}

/** How one window stands; times in milliseconds since the epoch. */
export interface WindowState {
  name: string;
  from: number;
  until: number;
  verdict: WindowVerdict;
  /** Its time is over, and it has neither passed nor failed. */
  overdue: boolean;
  checks: CheckState[];
  /** Why it is not a pass, each with its requirement. */
  reasons: string[];
}

/** Where the record has the verdict alone. */
const unsaid = { pass: 'nothing is wrong', fail: 'something is wrong: the run that looked says what' };

/** Judges one window by the clock of the caller; what was recorded is final, whoever looks and whenever. Pure. */
export function judgeWindow(
  window: PlannedWindow,
  given: {
    promotedAt: number;
    now: number;
    facts: AfterReleaseFacts;
    measured: readonly Measurement[];
  },
): WindowState {
  const { promotedAt, now } = given;
  const [from, until] = [promotedAt + window.from, promotedAt + window.until];
  const checks = window.require.map((each) => judgeRequirement(window.name, each, { ...given, from }));
  const over = now >= until;
  const verdict = combine(checks, over);
  const reasons = checks
    .filter((check) => check.verdict !== 'pass' && (verdict !== 'fail' || check.verdict === 'fail'))
    .map(({ require, value }) => `${require}: ${value}`);
  if (reasons.length === 0 && verdict === 'open') reasons.push('its time is not over');
  return {
    name: window.name,
    from,
    until,
    verdict,
    overdue: over && (verdict === 'open' || verdict === 'could-not-run'),
    checks,
    reasons,
  };
}

/** A pass needs the whole time; a breach is one at once. */
function combine(checks: readonly CheckState[], over: boolean): WindowVerdict {
  const has = (verdict: WindowVerdict): boolean => checks.some((check) => check.verdict === verdict);
  if (has('fail')) return 'fail';
  if (!over || has('open')) return 'open';
  return has('could-not-run') ? 'could-not-run' : 'pass';
}

function judgeRequirement(
  window: string,
  { text, requirement, confirm }: PlannedWindow['require'][number],
  given: { now: number; from: number; facts: AfterReleaseFacts; measured: readonly Measurement[] },
): CheckState {
  const { now, from, facts, measured } = given;
  const recorded = findCheck(facts, window, text);
  if (recorded) {
    const { verdict, at } = recorded;
    return { require: text, verdict, value: recorded.value || unsaid[verdict], at };
  }
  // Nobody can have seen what has not begun.
  if (now < from) return { require: text, verdict: 'open', value: 'its time has not begun' };
  if (requirement.kind === 'confirmation') return confirmation(text, confirm, facts);
  const found = measured.findLast((each) => each.window === window && each.require === text);
  if (found?.verdict === 'needs-confirmation') {
    const state = confirmation(text, confirm, facts);
    return state.verdict === 'pass' ? state : { ...state, value: `${found.value}; ${state.value}` };
  }
  if (found) return { require: text, verdict: found.verdict, value: found.value, at: found.at };
  return { require: text, verdict: 'open', value: 'not measured yet' };
}

function confirmation(require: string, name: string, { confirmed }: AfterReleaseFacts): CheckState {
  const at = confirmed.get(name);
  if (at === undefined) return { require, verdict: 'open', value: `nobody has confirmed ${name} yet`, confirm: name };
  return { require, verdict: 'pass', value: 'confirmed', at, confirm: name };
}
