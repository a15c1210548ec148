import { InputError } from '#action-kit/input-error';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { type Answer, type Asked, countAnswers, findAnswer } from '#release/asked';
import type { WatchPlan } from './plan-watch.ts';

// A person who has just clicked should not wait; 15 minutes are 90 requests of the 1000 that a job's token has in an hour.
const POLL_MS = 10_000;

/** What the step is given of an open question: the output `asked` of preflight. Times in milliseconds since the epoch. */
export interface Question extends Asked {
  /** Why people were asked, one sentence. */
  reason: string;
}

/** Throws InputError. */
export function parseQuestion(text: string): Question {
  try {
    const { until, fallback, before, reason } = JSON.parse(text) as Question;
    if (Number.isFinite(until) && (fallback === 'auto' || fallback === 'notify') && before !== undefined)
      return { until, fallback, before, reason: String(reason ?? '') };
  } catch {
    // Named below.
  }
  const allowed = 'the output asked of preflight, unchanged';
  throw new InputError([{ name: 'asked', message: 'cannot be used', allowed }]);
}

/** Makes the question: what was answered before is counted now, because GitHub's history has no times. */
export async function ask(
  github: Pick<GitHub, 'runApprovals'>,
  { environment, runId, now }: { environment: string; runId: number; now: number },
  plan: Pick<WatchPlan, 'approveTimeoutMs' | 'approveFallback'>,
): Promise<Asked> {
  const before = countAnswers(await github.runApprovals(runId), environment);
  return { until: now + plan.approveTimeoutMs, fallback: plan.approveFallback, before, environment };
}

/** The answer of a reviewer, `undefined` when the time is over; never rejects but for an aborted signal. */
export async function awaitAnswer(given: {
  github: Pick<GitHub, 'runApprovals'>;
  environment: string;
  runId: number;
  question: Question;
  clock: Clock;
  signal: AbortSignal;
  log: (line: string) => void;
}): Promise<Answer | undefined> {
  const { github, environment, runId, question, clock, signal, log } = given;
  for (;;) {
    try {
      const answer = findAnswer(await github.runApprovals(runId), environment, question.before);
      if (answer !== undefined) return answer;
    } catch (error) {
      signal.throwIfAborted();
      log(`Whether somebody answered could not be read: ${cleanText(String((error as Error).message), 200)}`);
    }
    const left = question.until - clock.now();
    if (left <= 0) return undefined;
    await clock.sleep(Math.min(POLL_MS, left), signal);
  }
}
