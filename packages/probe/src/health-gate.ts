import { messageOf, reasonCodeOf } from '#http/error-reason';
import { cleanText } from '#http/text';
import type { Check } from './check.ts';
import { decideHealth, type HealthDecision } from './decide-health.ts';
import { readJsonPath } from './json-path.ts';
import { type ProbeContext, type ProbeOutcome, probeWithAnswer } from './probe.ts';
import { type ProbeAnswer, ProbeFailure } from './send-probe.ts';
import { type ExpectedServing, judgeServing, type Serving } from './served-deployment.ts';

/** The question which deployment serves, asked of Vercel or of the app's own answer. */
export interface ServingAssertion {
  expected: ExpectedServing;
  /** Host whose serving is asked for, as shown in reports. */
  host: string;
  /** Asks Vercel, and gives up with the signal's reason; a rejection means that it could not be asked. */
  read?: ((signal: AbortSignal) => Promise<Serving | undefined>) | undefined;
  /** JSON path of the commit in the first check's answer, used where `read` is missing. */
  commitPath?: string | undefined;
}

/** What a health gate needs; times in milliseconds. */
export interface HealthGate {
  checks: readonly Check[];
  context: ProbeContext;
  /** Passes in a row of all checks together. */
  consecutive: number;
  intervalMs: number;
  deadlineMs: number;
  serving?: ServingAssertion | undefined;
  log?: ((line: string) => void) | undefined;
}

/** Everything a gate saw: every round with every outcome, and the decision. */
export interface HealthReport extends HealthDecision {
  rounds: ProbeOutcome[][];
  durationMs: number;
}

/** Repeats all checks until they passed `consecutive` times in a row or the deadline is over; rejects only with the signal's reason. */
export async function runHealthGate(gate: HealthGate): Promise<HealthReport> {
  const { clock, signal } = gate.context;
  const startedAt = clock.now();
  const endsAt = startedAt + gate.deadlineMs;
  const rounds: ProbeOutcome[][] = [];
  for (;;) {
    const left = Math.max(1, endsAt - clock.now());
    const round = await runRound(gate, left);
    // A question that the deadline cut short says nothing about the app; what was seen before decides.
    const cutShort = round.some(
      ({ reasonCode }, index) => reasonCode === 'timeout' && left < (gate.checks[index]?.timeoutMs ?? Infinity),
    );
    if (!cutShort || rounds.length === 0) rounds.push(round);
    gate.log?.(lineOf(round, clock.now() - startedAt));
    const lastChance = clock.now() + gate.intervalMs >= endsAt;
    const decision = decideHealth(rounds, { consecutive: gate.consecutive, lastChance, deadlineMs: gate.deadlineMs });
    if (decision) return { ...decision, rounds, durationMs: clock.now() - startedAt };
    await clock.sleep(gate.intervalMs, signal);
  }
}

async function runRound(gate: HealthGate, leftMs: number): Promise<ProbeOutcome[]> {
  const bounded = gate.checks.map((check) => ({ ...check, timeoutMs: Math.min(check.timeoutMs, leftMs) }));
  const asked = Promise.all(bounded.map((check) => probeWithAnswer(check, gate.context)));
  const { serving } = gate;
  if (!serving) return (await asked).map((each) => each.outcome);
  const { read } = serving;
  const reading = read ? readWithin(leftMs, read) : asked.then(([first]) => servingInAnswer(serving, first?.answer));
  const [probes, served] = await Promise.all([asked, assertServing(gate, serving, reading)]);
  return [...probes.map((each) => each.outcome), served];
}

async function readWithin<T>(ms: number, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const late = new ProbeFailure('timeout', `which deployment serves was not told within ${ms / 1000} s`, true);
  const timer = setTimeout(() => limit.abort(late), ms);
  try {
    return await read(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

function servingInAnswer({ commitPath }: ServingAssertion, answer: ProbeAnswer | undefined): Serving {
  if (!answer) throw new Error('the first check got no answer to read the commit from');
  const commit = commitPath === undefined ? undefined : readJsonPath(parseOrNothing(answer.body), commitPath);
  return { commit: typeof commit === 'string' ? commit : undefined };
}

async function assertServing(
  { context }: HealthGate,
  { expected, host }: ServingAssertion,
  reading: Promise<Serving | undefined>,
): Promise<ProbeOutcome> {
  const startedAt = context.clock.now();
  const finish = (outcome: ProbeOutcome['outcome'], reasonCode: string, message: string): ProbeOutcome => {
    const durationMs = context.clock.now() - startedAt;
    return { name: 'served deployment', url: host, outcome, reasonCode, message, durationMs, at: startedAt / 1000 };
  };
  try {
    const found = await reading;
    const complaint = judgeServing(expected, found);
    if (complaint) return finish('fail', complaint.reasonCode, complaint.message);
    return finish('pass', 'as_expected', `${found?.deploymentId ?? found?.commit} is served`);
  } catch (error) {
    if (context.signal?.aborted) throw context.signal.reason;
    return finish('could-not-run', reasonCodeOf(error) ?? 'serving_unknown', cleanText(messageOf(error), 300));
  }
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lineOf(round: readonly ProbeOutcome[], elapsedMs: number): string {
  const bad = round.filter((each) => each.outcome !== 'pass');
  const what =
    bad.length === 0
      ? `${round.length} of ${round.length} pass`
      : bad.map((each) => `${each.name}: ${each.message}`).join('; ');
  return `${(elapsedMs / 1000).toFixed(1)} s  ${what}`;
}
