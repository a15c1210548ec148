import { join } from 'node:path';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { readMigrations } from '#postgres/read-migrations';
import { contractsMeta } from '#release/guard-rollback';

/** What every deployment of ours carries, so that it can be found and judged later (S3); the release key is added by the deploy. */
export async function releaseMeta(
  { context }: Runner,
  { environment, database }: EnvironmentSettings,
  version: string | undefined,
  /** Versions of contract files that this release applied or holds, separated by spaces. */
  contracts: string | undefined,
): Promise<Record<string, string>> {
  const folder = join(context.workspace, database.migrations ?? 'supabase/migrations');
  // No folder, no migrations: the same as an empty one here; whether that is right is judged by the migration step.
  const { files } = await readMigrations(folder);
  return {
    opsVersion: version ?? context.sha.slice(0, 7),
    opsEnvironment: environment,
    opsMigration: files.at(-1)?.version ?? '',
    ...(contracts === undefined ? {} : { [contractsMeta]: contracts }),
    opsAttempt: String(context.runAttempt || 1),
  };
}
