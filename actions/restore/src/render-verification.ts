import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { judgeStored, StoredState } from '#backup/judge-stored';

/** Decision, one line and the page of a verification of what is stored. Pure. */
export function renderVerification(given: {
  environment: string;
  states: readonly StoredState[];
  judged: ReturnType<typeof judgeStored>;
  /** Why it is in no record; undefined where it is. */
  unrecorded: string | undefined;
}): Result {
  const { environment, states, judged, unrecorded } = given;
  const told = states.map(
    ({ place, backup, verdict, message }) => `${backup ?? 'nothing'} in ${place} ${verdict}: ${message}`,
  );
  const summary = `Stored backups of ${environment} ${judged.decision}: ${[...told, ...(unrecorded === undefined ? [] : [unrecorded])].join('; ')}`;
  return {
    decision: judged.decision,
    reasonCode: judged.reasonCode,
    summary,
    failed: judged.failed,
    warning: !judged.failed && (judged.decision !== 'verified' || unrecorded !== undefined),
    details: { target: 'scratch', environment, places: states, recorded: unrecorded === undefined },
    jobSummary: [
      `### Stored backups of ${escapeMarkdown(environment)}`,
      escapeMarkdown(summary),
      table(
        ['Place', 'Newest verified', 'Now'],
        states.map(({ place, backup, verdict }) => [escapeMarkdown(place), codeSpan(backup ?? 'none'), verdict]),
      ),
      '',
    ].join('\n\n'),
  };
}
