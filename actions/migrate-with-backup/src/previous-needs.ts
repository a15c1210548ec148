import { vercelConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { MigrationFinding } from '#postgres/classify-migrations';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import { parseReleaseHandle } from '#release/release-handle';
import type { Given } from './plan-options.ts';

/** A refusal for each file of this run that takes away what the deployment that served before still needs (BGD-07). */
export async function previousNeeds(
  { toApply, phases }: Pick<MigrationInspection, 'toApply' | 'phases'>,
  stillNeeded: (() => Promise<string | undefined>) | undefined,
): Promise<MigrationFinding[]> {
  const contracts = toApply.filter(({ file }) => phases.get(file) === 'contract');
  const why = contracts.length === 0 ? undefined : await stillNeeded?.();
  if (why === undefined) return [];
  return contracts.map(({ file }) => ({
    file,
    line: 1,
    rule: 'needed-by-previous',
    severity: 'refuse',
    message: `it takes away what older code may need, and ${why}`,
    statement: '',
    correction: 'run this again when that time is over, or delete that deployment with the command clean-up first',
  }));
}

/** Asks ledger and Vercel; loaded only where something goes. */
export async function askStillNeeded(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  github: GitHub | undefined,
): Promise<string | undefined> {
  if (given.release !== undefined) {
    // Whoever goes back must not meet a database that the code of before cannot bear (S1).
    const [{ foreignLock }, handle] = [await import('#release/lock'), parseReleaseHandle(given.release)];
    const lock = github && (await foreignLock(github, handle));
    if (lock !== undefined) return `a rollback has begun: ${lock.reason}`;
  }
  const connection = vercelConnection(runner, given, settings);
  const { readStillNeeded } = await import('#release/previous-needs');
  const { openVercelProject } = await import('#vercel/project');
  const project = connection && (() => openVercelProject(connection));
  return await readStillNeeded({ github, project }, settings);
}
