import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { StepOutcome } from '#release/decide-rollback-needed';
import { attempt } from '#release/finish-release';
import { vercelTargetOf } from '#release/read-environment';
import { type ChecklistItem, rollbackChecklist } from '#release/rollback-checklist';
import { tellDifferences } from '#release/rollback-differences';
import type { VercelProject } from '#vercel/project';
import { measuredValues, stageValues } from './measured.ts';
import type { DatabaseStory } from './read-database.ts';
import { readRollback } from './read-rollback.ts';
import { type Given, slackOf } from './services.ts';

/** What the deployment that went back has otherwise than what it replaced, one sentence each (FRB-14). */
export async function whatDiffers(
  project: VercelProject | undefined,
  settings: EnvironmentSettings,
  moved: { target: string | undefined; apps?: Readonly<Record<string, string>> | undefined; left: string | undefined },
  warnings: string[],
): Promise<string[]> {
  const { target, apps, left } = moved;
  if (project === undefined || target === undefined) return [];
  const told = await attempt(
    warnings,
    'Which variables and cron jobs differ between the two deployments could not be read',
    tellDifferences(project, { target, apps, left, vercelTarget: vercelTargetOf(settings) }),
  );
  return told ?? [];
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
    /** What checks found of the deployment that was restored, never of the one that was left. */
    checks: { health: StepOutcome; smoke: StepOutcome };
    database?: DatabaseStory | undefined;
    /** When people were told how it ended. */
    toldAt?: number | undefined;
  },
): ChecklistItem[] {
  const measured = [...stageValues(given.promoteResult), ...measuredValues(given.watchResult)];
  const { swappedAt, announcedAt, scenario = [] } = readRollback(given.rollbackResult);
  const { checks, ...told } = facts;
  const own = rollbackChecklist({
    ...told,
    ...checks,
    measured: measured.length === 0 ? undefined : measured.map(({ name, value }) => `${name}: ${value}`).join('; '),
    swappedAt,
    announcedAt,
    now: runner.clock.now(),
    slack: hasSlack(runner, given, settings),
  });
  return [...scenario, ...own];
}

function hasSlack(runner: Runner, given: Given, settings: EnvironmentSettings): boolean {
  try {
    return slackOf(runner, given, settings) !== undefined;
  } catch {
    // An address that may not be used: telling people warns about it.
    return false;
  }
}
