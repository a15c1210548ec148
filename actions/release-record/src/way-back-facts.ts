import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { StepOutcome } from '#release/decide-rollback-needed';
import { attempt } from '#release/finish-release';
import { vercelTargetOf } from '#release/read-environment';
import { type ChecklistItem, rollbackChecklist } from '#release/rollback-checklist';
import { describeDifferences, readRollbackDifferences } from '#release/rollback-differences';
import type { VercelProject } from '#vercel/project';
import { measuredValues } from './measured.ts';
import type { DatabaseStory } from './read-database.ts';
import { readRollback } from './read-rollback.ts';
import { type Given, slackOf } from './services.ts';

/** What the deployment that went back has otherwise than what it replaced, one sentence each (FRB-14). */
export async function whatDiffers(
  project: VercelProject | undefined,
  settings: EnvironmentSettings,
  moved: { target: string | undefined; left: string | undefined },
  warnings: string[],
): Promise<string[]> {
  const { target, left } = moved;
  if (project === undefined || target === undefined) return [];
  const read = await attempt(
    warnings,
    'Which variables and cron jobs differ between the two deployments could not be read',
    readRollbackDifferences(project, { target, left, vercelTarget: vercelTargetOf(settings) }),
  );
  return read === undefined ? [] : describeDifferences(read);
}

/** The rollback checklist from what the steps of this run left behind (FRB-12). */
export function checklistOf(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  facts: {
    reason: string;
    actor: string | undefined;
    startedAt: number | undefined;
    back: boolean;
    database?: DatabaseStory | undefined;
  },
): ChecklistItem[] {
  const measured = measuredValues(given.watchResult);
  const { swappedAt } = readRollback(given.rollbackResult);
  return rollbackChecklist({
    ...facts,
    measured: measured.length === 0 ? undefined : measured.map(({ name, value }) => `${name}: ${value}`).join('; '),
    swappedAt,
    now: runner.clock.now(),
    health: (given.healthOutcome ?? '') as StepOutcome,
    smoke: (given.smokeOutcome ?? '') as StepOutcome,
    slack: hasSlack(runner, given, settings),
  });
}

function hasSlack(runner: Runner, given: Given, settings: EnvironmentSettings): boolean {
  try {
    return slackOf(runner, given, settings) !== undefined;
  } catch {
    // An address that may not be used: telling people warns about it.
    return false;
  }
}
