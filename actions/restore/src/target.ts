import { databasePorts, databaseRequest } from '#action-kit/database-target';
import type { InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { weakTls } from '#postgres/database-url';
import { openDatabaseAccess } from '#supabase/database-access';
import { planDatabaseTarget } from '#supabase/plan-database-target';
import { resolveDatabase } from '#supabase/resolve-database';
import type { Given } from './inputs.ts';

/** A live database that a restore is about, by connection string or by its project. */
export interface LiveTarget {
  /** Before anything was asked of anybody; undefined: none is named. Without a password where a role is still to be made. */
  url: string | undefined;
  problems: InputProblem[];
  /** Stands in the checklist: what the connection gives up of its protection, and why that may be. */
  weakening: string | undefined;
  /**
   * The connection string to use now. A role of limited life is made anew for each stage: a restore may take longer than it lives.
   * @throws DatabaseTargetError, SupabaseError, or the abort reason
   */
  reach(): Promise<string>;
}

/** `database-url` is called `target-url` here. */
export async function findTarget(
  runner: Runner,
  given: Given,
  settings: Pick<EnvironmentSettings, 'database'>,
): Promise<LiveTarget> {
  const asked = { ...given, databaseUrl: given.targetUrl };
  const target = planDatabaseTarget(await databaseRequest(runner, asked, settings));
  const { url, loginRole, problems } = target;
  const { tlsReason } = settings.database;
  const [weakening] = weakTls(url, tlsReason);
  if (weakening !== undefined) runner.logger.warning(`Weaker than standard: ${weakening}`);
  const ports = { ...databasePorts(runner, asked, openDatabaseAccess), readOnly: false, tlsReason };
  let known: string | undefined;
  return {
    url,
    problems,
    weakening,
    async reach() {
      if (url === undefined) throw new Error('no live database is named');
      if (known === undefined || loginRole) known = await resolveDatabase({ ...target, url }, ports);
      return known;
    },
  };
}
