import { supabaseConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { GitHub } from '#github/client';
import { describeLastDrill, tryReadDrills } from '#release/drill-record';
import { openPlatformBackups } from '#supabase/platform-backups';
import { takePlatformPoint } from '#supabase/take-platform-point';
import type { Given, MigrateOptions } from './plan-options.ts';

/** A restore point of Supabase with what we know of it: nobody has restored it, and when the last drill passed. */
export async function platformPoint(
  runner: Runner,
  given: Given,
  options: Pick<MigrateOptions, 'platformProject'>,
  github: GitHub | undefined,
): Promise<{ point: string } | { reasonCode: string; message: string }> {
  const { clock, context, logger, signal } = runner;
  const { platformProject: project } = options;
  const connection = supabaseConnection(runner, { ...given, supabaseProject: project }, {});
  if (connection === undefined) throw new Error('backup: platform was planned without a token or a project');
  // At most 20 characters, and of this attempt alone.
  const name = `ops-${context.runId}-${context.runAttempt}`.slice(0, 20);
  const log = (line: string) => logger.info(line);
  const taken = await takePlatformPoint(openPlatformBackups(connection), { name, clock, signal, log });
  if (!('point' in taken)) return taken;
  const drills = given.environment === undefined ? undefined : await tryReadDrills(github, given.environment, log);
  return { point: `${taken.point} (not restore-tested by us; ${describeLastDrill(drills)})` };
}
