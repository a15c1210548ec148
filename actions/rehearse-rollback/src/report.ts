import { z } from 'zod';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import { fileRehearsal } from '#incident/rehearsal';
import type { RehearsalReport } from '#incident/render-rehearsal';
import { type RehearsalRecord, readRehearsals } from '#release/rehearsal/rehearsal-record';
import { releaseKey } from '#release/release-handle';
import type { Given } from './inputs.ts';

/** Files the report from a job with `issues: write` and without any secret (S12); it also tells of a rehearsal that died. */
export async function report(runner: Runner, given: Given, github: GitHub): Promise<Result> {
  const { environment } = given;
  const { context } = runner;
  const rehearsals = await readRehearsals(github, environment);
  const told = describeRehearsal({
    environment,
    rehearsals,
    key: releaseKey({ ...context, environment }),
    result: given.rehearsalResult,
    runUrl: context.runUrl,
  });
  const filed = await fileRehearsal(github, told);
  return {
    decision: filed.created ? 'filed' : 'updated',
    reasonCode: told.passed ? 'rehearsal_passed' : 'needs_a_person',
    summary: `Report of the rehearsal in #${filed.number}: ${told.summary}`,
    failed: false,
    details: { issue: { number: filed.number, url: filed.url }, rehearsals: rehearsals.length },
  };
}

/** What counts is read from the ledger; the words are those of the step that judged. Pure. */
export function describeRehearsal(given: {
  environment: string;
  /** Newest first. */
  rehearsals: readonly RehearsalRecord[];
  /** Of this run. */
  key: string;
  result: string | undefined;
  runUrl: string;
}): RehearsalReport {
  const { environment, rehearsals, key, runUrl } = given;
  const own = rehearsals.find((one) => one.key === key);
  const died = 'The rehearsal ended before it could say why, and left no record; its log does';
  const inRecord =
    own === undefined ? died : `The rehearsal of this run ${own.passed ? 'passed' : `failed: ${own.reasonCode}`}`;
  return {
    environment,
    summary: readSummary(given.result) ?? inRecord,
    passed: own?.passed === true,
    rehearsals: rehearsals.map(({ at, passed, reasonCode, former, times, limitSeconds }) => {
      return { at, passed, reasonCode, former: former ?? 'none', times, limitSeconds };
    }),
    runUrl,
  };
}

function readSummary(text: string | undefined): string | undefined {
  try {
    return z.object({ summary: z.string().min(1) }).parse(JSON.parse(text ?? '')).summary;
  } catch {
    return undefined;
  }
}
