import type { MigrationFinding } from './classify-migrations.ts';
import type { MigrationFile } from './read-migrations.ts';

const mark = /^--[ \t]*critical[ \t]*:[ \t]*(\S.*)$/im;

/** A file without which no code may go live: named by the configuration, or by itself with `-- critical: <why>` (MIG-03). */
export interface CriticalFile {
  file: string;
  version: string | undefined;
  why: string;
}

/** Every critical file, named ones that the folder does not have among them. Pure. */
export function criticalFiles(
  files: readonly Pick<MigrationFile, 'file' | 'version' | 'sql'>[],
  named: readonly string[],
): CriticalFile[] {
  const marked = files.flatMap(({ file, version, sql }): CriticalFile[] => {
    const why = mark.exec(sql)?.[1]?.trim() ?? (named.includes(file) ? 'database.critical of ops.yml' : undefined);
    return why === undefined ? [] : [{ file, version, why }];
  });
  const known = new Set(files.map(({ file }) => file));
  const absent = named.filter((file) => !known.has(file));
  const why = 'database.critical of ops.yml';
  return [...marked, ...absent.map((file) => ({ file, version: /^\d+/.exec(file)?.[0], why }))];
}

/** Critical files that are in no history and that this run does not apply. Pure. */
export function withoutCritical(
  critical: readonly CriticalFile[],
  applied: readonly string[],
  toApply: readonly Pick<MigrationFile, 'file'>[],
): CriticalFile[] {
  const now = new Set(toApply.map(({ file }) => file));
  return critical.filter(
    ({ file, version }) => !now.has(file) && (version === undefined || !applied.includes(version)),
  );
}

/** The refusal, for a release and for a plan of it. Pure. */
export function criticalFinding(
  { file, why }: CriticalFile,
  files: readonly Pick<MigrationFile, 'file'>[],
): MigrationFinding {
  const there = files.some((one) => one.file === file);
  return {
    file,
    line: 1,
    rule: 'critical-not-applied',
    severity: 'refuse',
    message: `is critical (${why}), and neither is it applied nor would this run apply it`,
    statement: '',
    correction: there
      ? 'apply it first: migrate-with-backup by hand, with phase: contract where it is held; then release'
      : 'commit the file, or correct its name in database.critical of ops.yml',
  };
}
