import { cleanText } from '#http/text';
import type { OutcomeFacts } from '#release/decide-release-outcome';
import type { ReleaseHandle } from '#release/release-handle';
import { askedOf, measuredValues, previousOf, stageValues } from './measured.ts';
import type { Given } from './services.ts';

/** What a rollback does not bring back (trap 5). */
export const whatStays =
  'What went back runs with the environment variables it was built with; the database and custom aliases stay as they are; cron jobs do go back.';

/** Migration files that this release left for a later one, from the output of the migration. Pure. */
export function heldFiles(json: string | undefined): string | undefined {
  try {
    const held: unknown = JSON.parse(json ?? '[]');
    if (!Array.isArray(held) || held.length === 0) return undefined;
    const named = held.slice(0, 3).map((file) => cleanText(String(file), 80));
    return `Held for a later release: ${named.join(', ')}${held.length > 3 ? ` and ${held.length - 3} more` : ''}`;
  } catch {
    // The step died before it could write its output.
    return undefined;
  }
}

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
    ...(steps.contract === undefined ? {} : { Contract: steps.contract }),
    ...(steps.databaseBack === undefined ? {} : { 'Migrations taken back': steps.databaseBack }),
  })) {
    if (step.summary !== '' && step.outcome !== 'skipped') lines.push(`${name}: ${step.summary}`);
  }
  const measured = [...stageValues(given.promoteResult), ...measuredValues(given.watchResult)];
  if (measured.length > 0) lines.push(measured.map(({ name, value }) => `${name}: ${value}`).join('; '));
  const previous = previousOf(given.watchResult);
  if (previous !== undefined) lines.push(`${previous.said}.`);
  const { query } = askedOf(given.watchResult);
  if (query !== undefined) lines.push(`Asked: ${query}`);
  if (steps.rollback.decision === 'rolled-back') {
    lines.push(
      `Rollback: ${given.deploymentId ?? 'unknown'} -> ${handle?.rollbackTarget?.deploymentId ?? 'unknown'}`,
      whatStays,
    );
  }
  return lines;
}
