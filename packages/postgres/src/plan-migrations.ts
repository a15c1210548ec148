import type { MigrationFile } from './read-migrations.ts';

export interface MigrationPlan {
  /** Versions that are in the history and in the folder. */
  applied: string[];
  /** Files to apply, in order. Files of `outOfOrder` are among them. */
  pending: MigrationFile[];
  /** Pending files that sort before the newest applied one. */
  outOfOrder: { version: string; file: string; repair: string }[];
  /** Versions in the history without a file. */
  remoteOnly: { version: string; repair: string }[];
}

/** Compares the history with the folder; versions are text (supabase.md §3). Pure. */
export function planMigrations(given: { applied: readonly string[]; files: readonly MigrationFile[] }): MigrationPlan {
  const history = new Set(given.applied);
  const known = new Set(given.files.map((file) => file.version));
  const files = given.files.toSorted((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
  const last = [...history].sort().at(-1) ?? '';
  const pending = files.filter((file) => !history.has(file.version));
  const newest = [last, ...files.map((file) => file.version)].sort().at(-1) ?? '';
  const late = pending.filter((file) => file.version < last);
  return {
    applied: files.filter((file) => history.has(file.version)).map((file) => file.version),
    pending,
    outOfOrder: late.map((file, index) => ({
      version: file.version,
      file: file.file,
      repair: `git mv ${quoted(file.file)} ${quoted(`${nextVersion(newest, index + 1)}_${file.name}.sql`)}`,
    })),
    remoteOnly: [...history]
      .filter((version) => !known.has(version))
      .sort()
      .map((version) => ({
        version,
        repair: `commit the file of version ${version}; where it was removed on purpose: supabase migration repair --remote --status reverted ${quoted(version)}`,
      })),
  };
}

/** A version that sorts `steps` after this one. Pure. */
export function nextVersion(version: string, steps: number): string {
  return /^\d+$/.test(version)
    ? String(BigInt(version) + BigInt(steps)).padStart(version.length, '0')
    : `${version}_${steps}`;
}

function quoted(word: string): string {
  return /^[\w.@:/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
