import type { EnvironmentSettings } from '#config/settings';
import type { Finding } from './decide-preflight.ts';

/** Mode approve would promise that somebody is asked; nothing in this version waits for an answer. Pure. */
export function approvalFindings({
  watch,
  environment,
}: Pick<EnvironmentSettings, 'watch' | 'environment'>): Finding[] {
  if (watch.mode !== 'approve') return [];
  return [
    {
      code: 'approval_not_enforced',
      severity: 'refuse',
      message: `watch.mode: approve asks a person before ${environment} is rolled back, and nothing in this version waits for the answer`,
      fix: 'write mode: auto (a bad release is taken back at once), or mode: notify (the run is red and a person runs the rollback workflow)',
    },
  ];
}
