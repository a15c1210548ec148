import type { MigrationFinding } from './classify-migrations.ts';

/**
 * What a file means for code that was written before it: `expand` is borne by it, `contract` removes what it needs and waits
 * for a later release, `unsafe` does the same and runs all the same, because a person accepted it.
 */
export type RecordedPhase = 'expand' | 'contract' | 'unsafe';

/** Phases of files by name, from what the classification in phase `expand` says of them. Pure. */
export function recordedPhases(
  files: readonly { file: string }[],
  strict: readonly Pick<MigrationFinding, 'file' | 'severity' | 'accepted' | 'olderCode'>[],
): Map<string, RecordedPhase> {
  return new Map(
    files.map(({ file }) => {
      const own = strict.filter((finding) => finding.file === file);
      if (own.some((finding) => finding.severity === 'hold')) return [file, 'contract'];
      const unsafe = own.some(({ olderCode, accepted }) => accepted !== undefined && olderCode !== undefined);
      return [file, unsafe ? 'unsafe' : 'expand'];
    }),
  );
}
