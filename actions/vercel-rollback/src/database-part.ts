import type { Result } from '#action-kit/result';
import { commandOn } from '#release/command-line';
import { nameOf } from '#release/name-of-target';
import type { RollbackTarget } from '#release/release-handle';
import type { VercelProject } from '#vercel/project';

/** What became of the app, as far as the database must know it: the code that serves has to bear what it finds. */
export interface AppState {
  environment: string;
  production: boolean;
  target: RollbackTarget;
  /** True when production serves the target. */
  back: boolean;
  dryRun: boolean;
}

export type DatabasePart =
  /** The next step takes back everything that was applied after this version. */
  | { due: true; version: string; message: string }
  | {
      due: false;
      reasonCode: 'dry_run' | 'app_first' | 'database_version_unknown' | 'not_locked' | 'lock_unfinished';
      message: string;
    };

/**
 * Whether the database may follow. Never before the app: newer code may need what its migrations made, while the target bears
 * the database as it is, which the guard has judged. The version is what the target's own commit knew.
 */
export async function planDatabase(project: Pick<VercelProject, 'deployment'>, app: AppState): Promise<DatabasePart> {
  const name = nameOf(app.target);
  if (!app.back && !app.dryRun) {
    const command = commandOn(app, 'rollback', { target: app.target.deploymentId });
    const message = `${app.environment} does not serve ${name}, and newer code may need what would be taken back: take the app back first (parts: app, database; or ${command})`;
    return { due: false, reasonCode: 'app_first', message };
  }
  const deployment = await project.deployment(app.target.deploymentId);
  const version = deployment?.meta.opsMigration ?? '';
  if (!/^\d+$/.test(version)) {
    const message = `${name} does not say which migration was its newest, so nobody knows how far to go back: migrate-with-backup with mode: rollback and to-version says it`;
    return { due: false, reasonCode: 'database_version_unknown', message };
  }
  const what = `everything applied after migration ${version}, the newest of ${name}, by its rollback SQL`;
  return app.dryRun
    ? { due: false, reasonCode: 'dry_run', message: `would take back ${what}` }
    : { due: true, version, message: `to be taken back: ${what}` };
}

/** Adds what the database step has to do; red where a person has to act. Pure. */
export function withDatabase(result: Result, part: DatabasePart | undefined): Result {
  if (part === undefined) return result;
  const failed = !part.due && part.reasonCode !== 'dry_run';
  return {
    ...result,
    // Of a request for the database alone only the target was looked up.
    decision: failed && result.decision === 'planned' ? 'refused' : result.decision,
    reasonCode: failed && !result.failed ? part.reasonCode : result.reasonCode,
    summary: `${result.summary} Database: ${part.message}.`,
    failed: result.failed || failed,
    details: { ...result.details, database: { ...part } },
    outputs: {
      ...result.outputs,
      database: part.due ? 'due' : '',
      'database-version': part.due ? part.version : '',
    },
  };
}
