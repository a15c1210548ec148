import { join } from 'node:path';
import type { GitHub } from '#github/client';
import { isWritten } from '#release/forward-fix-findings';
import { endForwardFix, type OpenForwardFix, readForwardFixes } from '#release/forward-fix-record';
import type { Migration } from './migrate.ts';

/**
 * Ends the forward fixes that are applied now (DRB-06). Never rejects: the history says the same, and preflight reads it; of a command of
 * one's own only this run can say it.
 */
export async function endForwardFixes(
  github: GitHub | undefined,
  environment: string,
  migration: Migration,
  workspace: string,
  warn: (line: string) => void,
): Promise<void> {
  const applied = appliedNow(migration);
  if (github === undefined || applied === undefined) return;
  try {
    for (const fix of await readForwardFixes(github, environment))
      if (await isApplied(fix, applied, workspace)) await endForwardFix(github, fix.id, 'applied');
  } catch (error) {
    warn(`Whether an open forward fix is applied could not be written down: ${(error as Error).message}`);
  }
}

async function isApplied(fix: OpenForwardFix, applied: AppliedNow, workspace: string): Promise<boolean> {
  if (applied !== 'by-command') return applied.includes(fix.version);
  return await isWritten(join(workspace, fix.path));
}

type AppliedNow = readonly string[] | 'by-command';

/** Versions in the history after a run that left nothing to mend; undefined after any other. Pure. */
export function appliedNow(migration: Migration): AppliedNow | undefined {
  // A plan applies nothing; without a database it takes every file that a pull request does not add for applied.
  if ('plan' in migration && migration.plan !== undefined) return undefined;
  if (migration.kind === 'nothing-pending' || migration.kind === 'held') return migration.inspection.applied;
  if (migration.kind === 'decided') return migration.ending[1] === 'command_succeeded' ? 'by-command' : undefined;
  if (migration.kind !== 'ended' || migration.outcome.failure !== undefined || migration.verification?.ok === false)
    return undefined;
  return [...migration.inspection.applied, ...migration.outcome.applied.map(({ version }) => version)];
}
