import type { Check } from './check.ts';
import { decideSmoke, type SmokeDecision, type SmokeTest } from './decide-smoke.ts';
import { runSmokeSuite, type SmokeReport, type SmokeSuite } from './smoke-suite.ts';

/** A critical feature of the app, by its name: checks or a command. */
export interface Feature {
  name: string;
  checks: readonly Check[];
  command?: SmokeSuite['command'];
}

/** What was found about one feature; `summary` one line. */
export type FeatureState = Pick<SmokeDecision, 'decision' | 'summary'> & { name: string };

/** Every feature by itself, and all of their tests as one suite. */
export interface FeaturesReport extends SmokeReport {
  features: FeatureState[];
}

/**
 * Runs one feature after the other, whatever came of those before it: each has an equal part of the time that is left, so that one
 * that hangs takes it from no other. `prepare` runs once, before the first command; where it fails, every command could not run.
 */
export async function runFeatures(
  features: readonly Feature[],
  suite: Omit<SmokeSuite, 'checks' | 'command' | 'log'>,
  {
    prepare,
    log,
  }: { prepare?: ((leftMs: number) => Promise<SmokeTest | undefined>) | undefined } & Pick<SmokeSuite, 'log'>,
): Promise<FeaturesReport> {
  const { clock } = suite.context;
  const startedAt = clock.now();
  const endsAt = startedAt + suite.deadlineMs;
  const needsCommand = features.some(({ command }) => command !== undefined);
  const broken = needsCommand ? await prepare?.(suite.deadlineMs / 2) : undefined;
  const states: FeatureState[] = [];
  const tests: SmokeTest[] = [];
  for (const [index, { name, checks, command }] of features.entries()) {
    const deadlineMs = Math.max(0, endsAt - clock.now()) / (features.length - index);
    const run = command && (broken === undefined ? command : async () => broken);
    const report = await runSmokeSuite({ ...suite, checks, deadlineMs, command: run });
    const state = { name, decision: report.decision, summary: describeFeature(report) };
    states.push(state);
    tests.push(...report.tests.map((test) => ({ ...test, name: `${name}: ${test.name}` })));
    log?.(`${state.decision}  ${name}  ${state.summary}`);
  }
  const { reasonCode } = decideSmoke(tests);
  const durationMs = clock.now() - startedAt;
  return { ...decideFeatures(states), reasonCode, features: states, tests, startedAt: startedAt / 1000, durationMs };
}

function describeFeature({ decision, tests, summary }: SmokeReport): string {
  const bad = tests.filter(({ outcome, critical }) => outcome === decision && critical !== false);
  if (decision === 'pass' || bad[0] === undefined) return tests.length === 1 ? (tests[0]?.message ?? summary) : summary;
  return `${bad[0].name}: ${bad[0].message}${bad.length > 1 ? ` and ${bad.length - 1} more` : ''}`;
}

/** All features together: which of them failed or could not run, by name; what could not run never passes. Pure. */
export function decideFeatures(states: readonly FeatureState[]): Pick<SmokeDecision, 'decision' | 'summary'> {
  const words = { fail: 'failed', 'could-not-run': 'could not run', flaky: 'passed only on a retry' };
  const named = (['fail', 'could-not-run', 'flaky'] as const).flatMap((decision) => {
    const found = states.filter((state) => state.decision === decision);
    if (found.length === 0) return [];
    const each = found.map(({ name, summary }) => `${name} (${summary})`).join(', ');
    return [{ decision, text: `${words[decision]}: ${each}` }];
  });
  const [worst] = named;
  if (worst === undefined) {
    const count = `${states.length} critical ${states.length === 1 ? 'feature works' : 'features work'}`;
    return states.length === 0
      ? { decision: 'could-not-run', summary: 'No critical feature has a check' }
      : { decision: 'pass', summary: `${count}: ${states.map(({ name }) => name).join(', ')}` };
  }
  const { decision } = worst;
  return { decision, summary: `Critical features: ${named.map(({ text }) => text).join('; ')}` };
}
