import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Finding } from './decide-preflight.ts';

/**
 * Mode approve promises that a person is asked before production goes back. Refused where nobody would be: outside of the
 * workflow whose job waits, and where no reviewer is required for the environment of that job.
 */
export async function approvalFindings(
  github: Pick<GitHub, 'environment'> | undefined,
  { settings, rollbackEnvironment }: { settings: EnvironmentSettings; rollbackEnvironment?: string | undefined },
): Promise<Finding[]> {
  if (settings.watch.mode !== 'approve') return [];
  if (rollbackEnvironment === undefined) {
    const message = `watch.mode: approve asks a person before ${settings.environment} is rolled back, and only deploy-production.yml has the job that waits for the answer`;
    return [refused(message, `call that workflow instead of the action, or ${otherModes}`)];
  }
  // Without a token preflight is refused for that alone.
  if (github === undefined) return [];
  try {
    return decideApproval(rollbackEnvironment, await github.environment(rollbackEnvironment));
  } catch (error) {
    const { reasonCode, message } = error as { reasonCode?: unknown; message?: unknown };
    if (typeof reasonCode !== 'string') throw error;
    return [refused(`whether anybody is asked in ${rollbackEnvironment} cannot be read: ${message}`, otherModes)];
  }
}

/** Whether the environment of the waiting job has somebody who must be asked. Pure. */
export function decideApproval(name: string, found: { reviewers: number } | undefined): Finding[] {
  if (found !== undefined && found.reviewers > 0) return [];
  const why =
    found === undefined
      ? `the GitHub environment ${name} does not exist, or the token may not see it (actions: read)`
      : `the GitHub environment ${name} has no required reviewers: nobody would be asked`;
  const fix = `add required reviewers to ${name} under Settings > Environments (private repositories need GitHub Enterprise for them), or ${otherModes}`;
  return [refused(`watch.mode: approve: ${why}`, fix)];
}

const otherModes =
  'write mode: auto (a bad release is taken back at once), or mode: notify (the run is red and a person runs the rollback workflow)';

function refused(message: string, fix: string): Finding {
  return { code: 'approval_not_enforced', severity: 'refuse', message, fix };
}
