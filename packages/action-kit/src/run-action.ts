import { checkProcess } from './check-process.ts';
import { describeCancellation, describeFailure, describeResult, type Ending } from './describe-ending.ts';
import { guardErrors } from './guard-errors.ts';
import type { Result } from './result.ts';
import { createRunner, type Runner } from './runner.ts';

// GitHub sends SIGINT, 7.5 s later SIGTERM and 2.5 s later SIGKILL: main has six seconds, writing the outputs the rest.
const TIME_TO_END_MS = 6000;
// A connection or timer that somebody forgot must not hold a job until its time-out.
const TIME_TO_DRAIN_MS = 2000;

/** What the runner itself gives to every action, beside its inputs. */
const tokensOfTheRunner = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];

/** Runs an action: the only place that sets outputs, annotations and the exit code. Never rejects. */
export async function runAction(main: (runner: Runner) => Promise<Result>): Promise<void> {
  const cancelled = new AbortController();
  const errors = guardErrors(process.stderr);
  for (const name of tokensOfTheRunner) if (process.env[name]) errors.hide(process.env[name]);
  const runner = createRunner({ signal: cancelled.signal, onMask: errors.hide });
  const cancel = (name: NodeJS.Signals): void => cancelled.abort(new Error(`cancelled by ${name}`));
  process.on('SIGINT', cancel).on('SIGTERM', cancel);
  const crash = new Promise<never>((_resolve, reject) => {
    process.on('uncaughtException', reject).on('unhandledRejection', reject);
  });
  crash.catch(() => {});

  const ending = await decideEnding(runner, main, crash);
  try {
    tell(runner, ending);
  } catch (error) {
    // The outputs could not be written: the next step must not go on as if nothing was said.
    runner.logger.error(`The outputs could not be handed to the runner: ${String(error)}`);
    ending.exitCode = 1;
  }
  process.exitCode = ending.exitCode;
  setTimeout(() => {
    runner.logger.debug('Ended although something was still open');
    process.exit(ending.exitCode);
  }, TIME_TO_DRAIN_MS).unref();
}

async function decideEnding(
  runner: Runner,
  main: (runner: Runner) => Promise<Result>,
  crash: Promise<never>,
): Promise<Ending> {
  const { signal } = runner;
  try {
    checkProcess(process.env);
    return describeResult(await Promise.race([main(runner), crash, outOfTime(signal)]));
  } catch (error) {
    if (!signal.aborted) return describeFailure(error);
    runner.logger.debug(`After the cancellation: ${String(error)}`);
    return describeCancellation(String((signal.reason as Error).message));
  }
}

/** Rejects when a cancelled action has not ended by itself in time. */
function outOfTime(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const late = new Error('did not end within 6 s of the cancellation');
    signal.addEventListener('abort', () => setTimeout(() => reject(late), TIME_TO_END_MS).unref(), { once: true });
  });
}

function tell(runner: Runner, ending: Ending): void {
  const { annotation, jobSummary, stack } = ending;
  if (annotation) runner.logger[annotation.level](annotation.text);
  else runner.logger.info(ending.outputs.summary ?? '');
  if (stack) runner.logger.debug(stack);
  for (const [name, value] of Object.entries(ending.outputs)) runner.output(name, value);
  if (jobSummary) runner.summary(jobSummary);
}
