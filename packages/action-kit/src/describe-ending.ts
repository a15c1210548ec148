import { cleanText, withoutControls } from '#http/text';
import { boundedJson } from './bounded-json.ts';
import { describeProblem, InputError } from './input-error.ts';
import type { Result } from './result.ts';

/** What the runner is told at the end of an action: its outputs, one annotation, the summary and the exit code. */
export interface Ending {
  outputs: Record<string, string>;
  annotation?: { level: 'error' | 'warning'; text: string };
  jobSummary?: string;
  exitCode: 0 | 1;
  /** For debug logging only. */
  stack?: string;
}

const SCHEMA_VERSION = 1;
// Longer than any of ours; it is part of Slack messages and of the ledger's last line.
const LONGEST_SUMMARY = 4000;

/** The ending of an action that came to a decision. */
export function describeResult(result: Result): Ending {
  const { decision, reasonCode, summary, details, failed, warning } = result;
  const oneLine = cleanText(summary, LONGEST_SUMMARY);
  const json = { ...details, schemaVersion: SCHEMA_VERSION, decision, reasonCode, summary: oneLine };
  const level = failed ? 'error' : warning ? 'warning' : undefined;
  return {
    outputs: {
      ...Object.fromEntries(
        Object.entries(result.outputs ?? {}).map(([name, value]) => [name, withoutControls(value)]),
      ),
      decision,
      'reason-code': reasonCode,
      summary: oneLine,
      result: boundedJson(json),
    },
    ...(level ? { annotation: { level, text: oneLine } } : {}),
    ...(result.jobSummary ? { jobSummary: result.jobSummary } : {}),
    exitCode: failed ? 1 : 0,
  };
}

/** The ending of an action that was cancelled before it came to a decision. */
export function describeCancellation(reason: string): Ending {
  const summary = `The run was cancelled (${reason}) before this step came to a decision.`;
  return describeResult({ decision: 'cancelled', reasonCode: 'cancelled', summary, failed: true });
}

/** The ending of an action that threw: the author's mistakes as a list, anything else as message, cause and what to do. */
export function describeFailure(error: unknown): Ending {
  if (error instanceof InputError) return describeMistakes(error);
  const known = reasonCodeOf(error);
  const causes = causesOf(error);
  const lines = [
    messageOf(error),
    ...causes.map((cause) => `Cause: ${cause}`),
    ...(known
      ? []
      : ['What to do: run the job again with debug logging (re-run, "Enable debug logging") for the stack.']),
  ];
  const ending = describeResult({
    decision: 'could-not-run',
    reasonCode: known ?? 'unexpected_error',
    summary: messageOf(error),
    details: causes.length > 0 ? { causes } : {},
    failed: true,
  });
  const stack = error instanceof Error ? error.stack : undefined;
  return { ...ending, annotation: { level: 'error', text: lines.join('\n') }, ...(stack ? { stack } : {}) };
}

function describeMistakes(error: InputError): Ending {
  const { problems } = error;
  const names = [...new Set(problems.map((problem) => problem.name))].join(', ');
  const ending = describeResult({
    decision: 'could-not-run',
    reasonCode: 'bad_input',
    summary: `${problems.length === 1 ? 'One mistake' : `${problems.length} mistakes`} in the inputs: ${names}`,
    details: { problems },
    failed: true,
  });
  const list = problems.map((problem) => `- ${describeProblem(problem)}`);
  return { ...ending, annotation: { level: 'error', text: [`${ending.outputs.summary}`, ...list].join('\n') } };
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function reasonCodeOf(error: unknown): string | undefined {
  const code = (error as { reasonCode?: unknown } | null | undefined)?.reasonCode;
  return typeof code === 'string' && /^[a-z][a-z0-9_]*$/.test(code) ? code : undefined;
}

/** The messages of the causes, outermost first; a cause that repeats its parent's text says nothing new. */
function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  let said = messageOf(error);
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause !== undefined && cause !== null && causes.length < 5) {
    const message = messageOf(cause);
    if (!said.includes(message)) causes.push(message);
    said = message;
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}
