/** A migration as files and history know it. `only-remote`: applied, and no file says what it was. */
export interface ListedMigration {
  version: string;
  state: 'applied' | 'pending' | 'only-remote';
  /** Absent for `only-remote`. */
  file?: string;
}

/** Every migration that the folder or the history knows, in the order of the text of its version. Pure. */
export function listMigrations(
  files: readonly { version: string; file: string }[],
  applied: readonly string[],
): ListedMigration[] {
  const known = new Set(files.map(({ version }) => version));
  const recorded = new Set(applied);
  return [
    ...files.map(
      ({ version, file }): ListedMigration => ({
        version,
        state: recorded.has(version) ? 'applied' : 'pending',
        file,
      }),
    ),
    ...[...recorded]
      .filter((version) => !known.has(version))
      .map((version): ListedMigration => ({ version, state: 'only-remote' })),
  ].toSorted((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
}
