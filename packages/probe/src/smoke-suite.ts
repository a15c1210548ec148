import type { Check } from './check.ts';
import { decideSmoke, type SmokeDecision, type SmokeTest } from './decide-smoke.ts';
import { type ProbeContext, runProbe } from './probe.ts';

/** What a smoke suite needs; times in milliseconds. */
export interface SmokeSuite {
  checks: readonly Check[];
  context: ProbeContext;
  /** How often a failed check is tried again; passing then makes it flaky. */
  retries: number;
  deadlineMs: number;
  /** The consumer's own command, run after the checks. */
  command?: ((leftMs: number) => Promise<SmokeTest>) | undefined;
  log?: ((line: string) => void) | undefined;
}

/** Everything a suite saw. Times: `startedAt` Unix seconds. */
export interface SmokeReport extends SmokeDecision {
  tests: SmokeTest[];
  startedAt: number;
  durationMs: number;
}

const RETRY_AFTER_MS = 500;

/** Runs the checks in order, each once, then the command; what the deadline leaves no time for is reported as not run. */
export async function runSmokeSuite(suite: SmokeSuite): Promise<SmokeReport> {
  const { clock } = suite.context;
  const startedAt = clock.now();
  const endsAt = startedAt + suite.deadlineMs;
  const tests: SmokeTest[] = [];
  for (const check of suite.checks) tests.push(await runCheck(suite, check, endsAt));
  if (suite.command) {
    const left = endsAt - clock.now();
    tests.push(left > 0 ? await suite.command(left) : notReached('command'));
  }
  for (const test of tests) suite.log?.(`${test.outcome}  ${test.name}  ${test.message}`);
  return { ...decideSmoke(tests), tests, startedAt: startedAt / 1000, durationMs: clock.now() - startedAt };
}

async function runCheck({ context, retries }: SmokeSuite, check: Check, endsAt: number): Promise<SmokeTest> {
  const attempts = [];
  for (let attempt = 0; attempt <= retries; attempt += 1) {
    const left = endsAt - context.clock.now() - (attempt > 0 ? RETRY_AFTER_MS : 0);
    if (left <= 0) break;
    if (attempt > 0) await context.clock.sleep(RETRY_AFTER_MS, context.signal);
    attempts.push(await runProbe({ ...check, timeoutMs: Math.min(check.timeoutMs, left) }, context));
    if (attempts.at(-1)?.outcome === 'pass') break;
  }
  const last = attempts.at(-1);
  const weight = check.critical === false ? ({ critical: false } as const) : {};
  if (!last) return { ...notReached(check.name), ...weight };
  const first = attempts[0];
  const durationMs = attempts.reduce((sum, each) => sum + each.durationMs, 0);
  if (first && first !== last && last.outcome === 'pass') {
    const message = `passed on attempt ${attempts.length}; before: ${first.message}`;
    return {
      name: check.name,
      outcome: 'flaky',
      reasonCode: first.reasonCode,
      message,
      durationMs,
      attempts,
      ...weight,
    };
  }
  const { outcome, reasonCode, message } = last;
  return { name: check.name, outcome, reasonCode, message, durationMs, attempts, ...weight };
}

function notReached(name: string): SmokeTest {
  const message = 'the deadline was over before it could start';
  return { name, outcome: 'could-not-run', reasonCode: 'deadline_over', message, durationMs: 0, attempts: [] };
}
