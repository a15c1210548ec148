import type { OutcomeFacts } from '#release/decide-release-outcome';
import type { ReleaseHandle } from '#release/release-handle';
import { measuredValues } from './measured.ts';
import type { Given } from './services.ts';

/** What a rollback does not bring back (trap 5). */
export const whatStays =
  'What went back runs with the environment variables it was built with; the database and custom aliases stay as they are; cron jobs do go back.';

/** What was measured, against what, on how many requests, and from where to where: for the thread. Pure. */
export function evidenceOf(facts: { steps: OutcomeFacts; given: Given; handle: ReleaseHandle | undefined }): string[] {
  const { steps, given, handle } = facts;
  const lines: string[] = [];
  for (const [name, step] of Object.entries({
    Migrate: steps.migrate,
    Deploy: steps.deploy,
    'Health gate (staged)': steps.stagedHealth,
    'Smoke tests (staged)': steps.stagedSmoke,
    Promote: steps.promote,
    'Health gate (production)': steps.health,
    'Smoke tests (production)': steps.smoke,
    Watch: steps.watch,
  })) {
    if (step.summary !== '' && step.outcome !== 'skipped') lines.push(`${name}: ${step.summary}`);
  }
  const measured = measuredValues(given.watchResult);
  if (measured.length > 0) lines.push(measured.map(({ name, value }) => `${name}: ${value}`).join('; '));
  if (steps.rollback.decision === 'rolled-back') {
    lines.push(
      `Rollback: ${given.deploymentId ?? 'unknown'} -> ${handle?.rollbackTarget?.deploymentId ?? 'unknown'}`,
      whatStays,
    );
  }
  return lines;
}
