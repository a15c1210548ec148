import { notCriticalFailed, toldOnly } from './not-critical.ts';
import type { ProbeOutcome } from './probe.ts';

/** One test of a suite: a check with its attempts, or the consumer's command. */
export interface SmokeTest {
  name: string;
  outcome: 'pass' | 'flaky' | 'fail' | 'could-not-run';
  reasonCode: string;
  message: string;
  durationMs: number;
  attempts: ProbeOutcome[];
  /** Only of a test that decides nothing. */
  critical?: false;
  /** Last lines of a command's output. */
  output?: string;
}

/** How a suite ends. */
export interface SmokeDecision {
  decision: 'pass' | 'flaky' | 'fail' | 'could-not-run';
  reasonCode: string;
  /** One line for people. */
  summary: string;
}

/** Decides a suite: a failure outweighs a test that could not run, that outweighs a flaky one (trap 27); nothing run never passes. What is not critical is told. */
export function decideSmoke(tests: readonly SmokeTest[]): SmokeDecision {
  if (tests.length === 0) {
    const summary = 'No smoke test is configured; give suite, command, or smoke.checks in .github/ops.yml';
    return { decision: 'could-not-run', reasonCode: 'nothing_configured', summary };
  }
  const told = toldOnly(tests);
  for (const outcome of ['fail', 'could-not-run', 'flaky'] as const) {
    if (outcome === 'flaky' && told !== undefined) break;
    const found = tests.filter((test) => test.outcome === outcome && (outcome === 'flaky' || test.critical !== false));
    const first = found[0];
    if (!first) continue;
    const count = `${found.length} of ${tests.length} smoke tests ${WORDS[outcome]}`;
    const reasonCode = outcome === 'flaky' ? 'passed_on_retry' : first.reasonCode;
    return { decision: outcome, reasonCode, summary: `${count}: ${first.name}: ${first.message}` };
  }
  if (told !== undefined) {
    const passed = tests.filter(({ outcome }) => outcome === 'pass' || outcome === 'flaky').length;
    const summary = `${passed} of ${tests.length} smoke tests passed; ${told}`;
    return { decision: 'pass', reasonCode: notCriticalFailed, summary };
  }
  const count = `${tests.length} smoke ${tests.length === 1 ? 'test' : 'tests'} passed`;
  return { decision: 'pass', reasonCode: 'all_passed', summary: count };
}

const WORDS = { fail: 'failed', 'could-not-run': 'could not run', flaky: 'passed only on a retry' };
