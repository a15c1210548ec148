import type { MigrationFinding } from './classify-migrations.ts';
import type { MigrationRule } from './migration-rules.ts';

/**
 * What a file means for code that was written before it: `expand` is borne by it, `contract` removes what it needs and waits
 * for a later release, `unsafe` does the same and runs all the same, because a person accepted it.
 */
export type RecordedPhase = 'expand' | 'contract' | 'unsafe';

/** Rules about what older code cannot bear; the others are about locks, time and data. */
const breaksOlderCode = new Set<MigrationRule>([
  'drop-column',
  'drop-table',
  'drop-view',
  'drop-materialized-view',
  'drop-schema',
  'drop-sequence',
  'drop-function',
  'drop-type',
  'drop-extension',
  'drop-database',
  'replace-table',
  'replace-column',
  'rename-column',
  'rename-table',
  'rename-object',
  'type-narrowing',
  'type-change',
  'not-null-without-default',
  'set-not-null',
]);

/** Phases of files by name, from what the classification in phase `expand` says of them. Pure. */
export function recordedPhases(
  files: readonly { file: string }[],
  strict: readonly Pick<MigrationFinding, 'file' | 'rule' | 'severity' | 'accepted'>[],
): Map<string, RecordedPhase> {
  return new Map(
    files.map(({ file }) => {
      const own = strict.filter((finding) => finding.file === file);
      if (own.some((finding) => finding.severity === 'hold')) return [file, 'contract'];
      const unsafe = own.some(({ rule, accepted }) => accepted !== undefined && breaksOlderCode.has(rule));
      return [file, unsafe ? 'unsafe' : 'expand'];
    }),
  );
}
