import type { GitHub } from '#github/client';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import type { MigrationFile } from '#postgres/read-migrations';
import {
  closeMigrationRecord,
  type FailedFile,
  type MigrationIntent,
  openMigrationRecord,
} from '#release/migration-record';
import type { Migration } from './migrate.ts';

/** Tells later rollbacks what this run does to the database (S3); without ledger or environment nothing is written. */
export interface MigrationLedger {
  /** @throws GitHubError where a release needs the record, so that nothing is started. */
  open(intent: MigrationIntent): Promise<void>;
  /** @throws GitHubError. */
  close(migration: Migration): Promise<void>;
}

export function openMigrationLedger(
  github: GitHub | undefined,
  given: {
    environment: string | undefined;
    production: boolean;
    ref: string;
    /** Key of the release this belongs to. */
    key: string | undefined;
  },
  warn: (line: string) => void,
): MigrationLedger {
  const { environment, key } = given;
  let id: number | undefined;
  return {
    async open(intent) {
      if (github === undefined || environment === undefined) return;
      try {
        id = await openMigrationRecord(github, { ...given, environment }, intent);
      } catch (error) {
        if (key !== undefined) throw error;
        warn(
          `These migrations are in no ledger (${(error as Error).message}): give the job deployments: write, or a rollback across them cannot know of them.`,
        );
      }
    },
    async close(migration) {
      if (github === undefined || id === undefined) return;
      await closeMigrationRecord(github, id, outcomeOf(migration));
    },
  };
}

/** What became of the files that were about to be applied, or taken back. Pure. */
export function outcomeOf(migration: Migration): {
  word: string;
  newest?: string | undefined;
  failed?: FailedFile | undefined;
} {
  if (migration.kind === 'decided') {
    const [decision, reasonCode] = migration.ending;
    // What is left is a forward fix, and the record says for what (DRB-06).
    if (reasonCode === 'forward_only') return { word: 'refused' };
    // Committed, whatever was found afterwards; or gone already, by an earlier run that could not say so.
    if (reasonCode === 'integrity_failed' || reasonCode === 'nothing_to_roll_back') return { word: 'rolled-back' };
    return { word: decision === 'refused' || decision === 'nothing-pending' ? 'not-started' : decision };
  }
  if (migration.kind !== 'ended') return { word: 'not-started' };
  const { outcome, takenBack } = migration;
  if (takenBack !== undefined && takenBack.failure === undefined) return { word: 'rolled-back' };
  return { word: outcome.outcome, newest: outcome.applied.at(-1)?.version, failed: failedFile(migration) };
}

/** Of a verification that did not pass: the last file before it. */
function failedFile({ outcome, verification }: Extract<Migration, { kind: 'ended' }>): FailedFile | undefined {
  if (outcome.failure !== undefined) {
    const { version, reasonCode, line, sqlstate } = outcome.failure;
    return { version, reasonCode, line, sqlstate };
  }
  const last = outcome.applied.at(-1);
  if (last === undefined || verification?.ok !== false) return undefined;
  return { version: last.version, reasonCode: 'verification_failed' };
}

/** The files that a run is about to apply, with what they mean for older code. Pure. */
export function forwardIntent({ toApply, held, phases }: MigrationInspection): MigrationIntent {
  return {
    direction: 'forward',
    files: toApply.map((file) => ({ ...file, phase: phases.get(file.file) ?? 'expand' })),
    held,
  };
}

/** What rollback SQL is about to take back: whatever it was, older code bears it again. Pure. */
export function backIntent(files: readonly MigrationFile[]): MigrationIntent {
  return { direction: 'back', files: files.map((file) => ({ ...file, phase: 'expand' })), held: [] };
}

/** Nobody here can read what a tool of one's own does. */
export const commandIntent: MigrationIntent = { direction: 'command', files: [], held: [] };

/** Versions of files that older code cannot bear, applied or held: they travel in the deployment's meta, too (S3). Pure. */
export function contractVersions(inspection: MigrationInspection | undefined): string[] {
  if (inspection === undefined) return [];
  const { toApply, held, phases } = inspection;
  return [...toApply, ...held]
    .filter(({ file }) => (phases.get(file) ?? 'expand') !== 'expand')
    .map(({ version }) => version);
}
