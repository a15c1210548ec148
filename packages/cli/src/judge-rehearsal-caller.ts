import { cronLinesOfCallers } from './callers.ts';

/**
 * A warning where ops.yml says how often the way back is rehearsed, and no workflow does so by a schedule, or none would tell that a
 * rehearsal was missed. The environment that rehearses is named in the workflow files only. Pure.
 */
export function judgeRehearsalCaller(environment: string, workflows: readonly string[]): string | undefined {
  const held = cronLinesOfCallers(workflows, { workflow: 'rehearse-rollback' });
  const told = cronLinesOfCallers(workflows, { workflow: 'backup', environment, standard: 'production' });
  const missing = [
    ...(held.length > 0 ? [] : ['none that calls rehearse-rollback.yml rehearses by a schedule']),
    ...(told.length > 0
      ? []
      : [`none that calls backup.yml for ${environment} by a schedule tells of one that was missed`]),
  ];
  if (missing.length === 0) return undefined;
  return `drills.rollback: of the files of .github/workflows ${missing.join(', and ')} (docs/how-to/rehearse-the-way-back.md)`;
}
