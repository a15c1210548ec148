import { InputError } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import { observeWindow, type Watch, type WatchOutcome } from '#observe/watch';
import type { Answer, Asked } from '#release/asked';
import { ask, awaitAnswer, type Question } from './await-answer.ts';
import type { ActionDecision } from './decide-action.ts';
import { decideAnswer } from './decide-answer.ts';
import type { WatchPlan } from './plan-watch.ts';

/** Whom a question goes to. */
export interface Reviewers {
  github: GitHub | undefined;
  /** GitHub environment of the job that waits for them. */
  environment: string | undefined;
  runner: Pick<Runner, 'context' | 'clock' | 'logger'>;
}

/** The question that follows from the decision `asked`; where GitHub cannot be asked, people are told instead. */
export async function askPeople(
  decision: ActionDecision,
  plan: Pick<WatchPlan, 'approveTimeoutMs' | 'approveFallback'>,
  { github, environment = '', runner: { context, clock } }: Reviewers,
): Promise<{ decision: ActionDecision; asked?: Asked }> {
  if (decision.decision !== 'asked' || github === undefined) return { decision };
  const minutes = Math.round(plan.approveTimeoutMs / 6000) / 10;
  const otherwise = plan.approveFallback === 'auto' ? 'it is rolled back' : 'it stays as it is';
  try {
    const asked = await ask(github, { environment, runId: context.runId, now: clock.now() }, plan);
    const how = `the reviewers of ${environment} are asked, and without an answer within ${minutes} min ${otherwise}`;
    return { decision: { ...decision, summary: `${decision.summary.replace(/\.$/, '')}; ${how}` }, asked };
  } catch (error) {
    const summary = `${decision.summary}; nobody could be asked (${(error as Error).message}): a person must run the rollback`;
    return { decision: { ...decision, decision: 'would-roll-back', summary } };
  }
}

/**
 * Goes on watching while people think, whatever the rules say, until a reviewer answers, somebody takes over, or the time is over.
 * Throws InputError where there is nobody to wait for.
 */
export async function untilAnswered(
  watch: Watch,
  question: Question,
  { github, environment, runner: { context, clock, logger } }: Reviewers,
  signal: AbortSignal,
): Promise<{ outcome: WatchOutcome; decision: ReturnType<typeof decideAnswer> }> {
  if (github === undefined || environment === undefined) {
    const message = 'needs github-token and rollback-environment: the answer is in the review history of the run';
    throw new InputError([{ name: 'asked', message, allowed: 'the inputs of the job that asked' }]);
  }
  const said: { answer?: Answer | undefined; over: boolean } = { over: false };
  const { runId } = context;
  const answered = awaitAnswer({ github, environment, runId, question, clock, signal, log: logger.info }).then(
    (answer) => {
      Object.assign(said, { answer, over: true });
      return answer === undefined ? 'nobody answered in time' : `${answer.by} answered: ${answer.word}`;
    },
    // The watch itself ends by that signal.
    () => undefined,
  );
  const left = Math.max(0, question.until - clock.now());
  const outcome = await observeWindow({
    ...watch,
    // The question's own clock ends it.
    windowMs: left + 2 * watch.intervalMs,
    baselineMs: 0,
    mayEndEarly: false,
    toTheEnd: true,
    // No later run goes on with a question.
    handOffMs: undefined,
    superseded: async () => (await watch.superseded?.()) ?? (await answered),
  });
  const answer = said.over ? said.answer : ('taken-over' as const);
  return { outcome, decision: decideAnswer(outcome, answer, question) };
}
