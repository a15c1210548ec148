/** What a migration file says about its way back. */
export type RollbackSection =
  | { down: string }
  /** `-- irreversible: <reason>`: there is none, on purpose (MIG-12). */
  | { irreversible: string }
  /** Statements after `-- rollback` that are not commented out would run with the migration. */
  | { problem: string };

const heading = /^--[ \t]*rollback[ \t]*:?[ \t]*$/im;
const irreversible = /^--[ \t]*irreversible[ \t]*:[ \t]*(\S.*)$/im;

/**
 * Reads the section after a line `-- rollback`. Each line of it is a comment, because every other tool that applies the
 * file, the Supabase CLI among them, would run it otherwise. Pure; undefined where the file says nothing.
 */
export function rollbackSection(sql: string): RollbackSection | undefined {
  const reason = irreversible.exec(sql)?.[1];
  if (reason !== undefined) return { irreversible: reason.trim() };
  const found = heading.exec(sql);
  if (found === null) return undefined;
  const lines = sql.slice(found.index + found[0].length).split(/\r?\n/);
  const bare = lines.find((line) => line.trim() !== '' && !line.trimStart().startsWith('--'));
  if (bare !== undefined) {
    return {
      problem:
        'the section after "-- rollback" holds lines that are not comments, and they would run with the migration',
    };
  }
  const down = lines
    .map((line) => line.trimStart().replace(/^--[ \t]?/, ''))
    .join('\n')
    .trim();
  return down === '' ? { problem: 'the section after "-- rollback" is empty' } : { down };
}
