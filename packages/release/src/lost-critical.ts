import type { DatabaseConnection } from '#postgres/connection';
import type { Finding } from './decide-preflight.ts';
import type { DatabaseRequest } from './inspect-database.ts';
import { toFinding } from './migration-finding.ts';

/**
 * Critical files that this database does not have, or of which nobody could say so, where another tool migrates. What its command may
 * still apply in this release the migration step looks at.
 */
export async function lostCritical(
  { directory, critical, command, verifyCommand }: DatabaseRequest & { directory: string; command: string },
  connection: DatabaseConnection,
  runs: boolean,
): Promise<Finding[]> {
  const { findLostCritical } = await import('#postgres/find-lost-critical');
  const look = await findLostCritical(connection, directory, critical ?? []);
  if ('lost' in look) return runs ? [] : look.lost.map(toFinding);
  if (runs && look.empty) return [];
  const code = 'critical_not_checked';
  const unknown = `${look.unknown.join(', ')} (critical): "${command}" keeps no history where the Supabase CLI does`;
  if (verifyCommand !== undefined)
    return [{ code, severity: 'notice', message: `only "${verifyCommand}" can tell of ${unknown}` }];
  const fix =
    'give database.verify-command, which fails where one of them is missing; or take them off database.critical';
  return [{ code, severity: 'refuse', message: `nobody can be asked for ${unknown}`, fix }];
}
