import { join } from 'node:path';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { readMigrations } from '#postgres/read-migrations';
import { contractsMeta } from '#release/guard-rollback';
import { SupabaseError } from '#supabase/supabase-error';

/** What every deployment of ours carries, so that it can be found and judged later (S3); the release key is added by the deploy. */
export async function releaseMeta(
  { context }: Runner,
  { environment, database, functions }: EnvironmentSettings,
  version: string | undefined,
  /** Versions of contract files that this release applied or holds, separated by spaces. */
  contracts: string | undefined,
): Promise<Record<string, string>> {
  const folder = join(context.workspace, database.migrations ?? 'supabase/migrations');
  // No folder, no migrations: the same as an empty one here; whether that is right is judged by the migration step.
  const { files } = await readMigrations(folder);
  const set = functions === undefined ? undefined : await functionSet(context.workspace, functions);
  return {
    opsVersion: version ?? context.sha.slice(0, 7),
    opsEnvironment: environment,
    opsMigration: files.at(-1)?.version ?? '',
    ...(contracts === undefined ? {} : { [contractsMeta]: contracts }),
    ...(set === undefined ? {} : { opsFunctions: set }),
    opsAttempt: String(context.runAttempt || 1),
  };
}

/** Which edge functions this deployment goes with (S3). A folder that cannot be read is the functions' step to judge, not ours. */
async function functionSet(
  root: string,
  { directory = 'supabase/functions', names }: NonNullable<EnvironmentSettings['functions']>,
): Promise<string | undefined> {
  const [{ readFunctionSources }, { digestSources }] = await Promise.all([
    import('#supabase/read-sources'),
    import('#supabase/source-digest'),
  ]);
  const sources = await readFunctionSources({ root, directory, names }).catch((error: unknown) => {
    if (error instanceof SupabaseError) return undefined;
    throw error;
  });
  return sources && digestSources(sources);
}
