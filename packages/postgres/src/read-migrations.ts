import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rollbackSection } from './rollback-section.ts';

/** One committed migration. `version` is the leading number as text, exactly as it is stored in the history. */
export interface MigrationFile {
  version: string;
  name: string;
  /** File name without folder. */
  file: string;
  sql: string;
  /** The way back: of `<version>_<name>.down.sql`, or of the section after a line `-- rollback`. */
  down?: string;
  /** Why there is none on purpose, from `-- irreversible: <reason>`. */
  irreversible?: string;
}

export interface MigrationProblem {
  file: string;
  /** The version the file would have, where its name gives one. */
  version?: string;
  rule:
    | 'folder-missing'
    | 'bad-name'
    | 'duplicate-version'
    | 'empty'
    | 'unreadable'
    | 'bad-encoding'
    | 'ambiguous-order'
    | 'rollback-section';
  message: string;
  correction: string;
}

export interface MigrationFolder {
  /** Sorted by version as text, as PostgreSQL and the Supabase CLI sort them (supabase.md §3). */
  files: MigrationFile[];
  problems: MigrationProblem[];
  /** Numbers missing in a numbered folder (MIG-02): reported, not refused. */
  gaps: string[];
}

// The pattern of the Supabase CLI: time stamps and plain numbers alike.
const pattern = /^(\d+)_(.+)\.sql$/;

/** Reads a folder of `<digits>_name.sql`; never throws for its contents: all mistakes come back at once. */
export async function readMigrations(directory: string): Promise<MigrationFolder> {
  let names: string[];
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    const problem: MigrationProblem = {
      file: directory,
      rule: 'folder-missing',
      message: `the migrations folder ${directory} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      correction: 'check out the repository first, or set migrations-dir (database.migrations in ops.yml)',
    };
    return { files: [], problems: [problem], gaps: [] };
  }
  const present = new Set(names);
  // `x.down.sql` is the rollback SQL beside a migration, not a migration.
  const candidates = names.filter((name) => name.endsWith('.sql') && !name.endsWith('.down.sql')).sort();
  const files: MigrationFile[] = [];
  const problems: MigrationProblem[] = [];
  for (const file of candidates) {
    const [, version, name] = pattern.exec(file) ?? [];
    if (version === undefined || name === undefined) {
      const message = 'the name is not <digits>_name.sql, so nothing would ever apply this file';
      problems.push({ file, rule: 'bad-name', message, correction: 'rename it, or move it out of the folder' });
      continue;
    }
    const read = readSql(directory, file, version);
    if ('problem' in read) problems.push(read.problem);
    const sql = 'sql' in read ? read.sql : '';
    const beside = `${version}_${name}.down.sql`;
    const back = present.has(beside)
      ? readBeside(directory, beside, version, problems)
      : section(file, version, sql, problems);
    files.push({ version, name, file, sql, ...back });
  }
  files.sort((a, b) => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0));
  problems.push(...duplicates(files), ...ambiguous(files));
  return { files, problems, gaps: gapsOf(files) };
}

type WayBack = Pick<MigrationFile, 'down' | 'irreversible'>;

function readBeside(directory: string, file: string, version: string, problems: MigrationProblem[]): WayBack {
  const read = readSql(directory, file, version);
  if ('sql' in read) return { down: read.sql };
  problems.push(read.problem);
  return {};
}

function section(file: string, version: string, sql: string, problems: MigrationProblem[]): WayBack {
  const found = rollbackSection(sql);
  if (found === undefined || !('problem' in found)) return found ?? {};
  const correction = `begin each line of the section with "-- ", or move it to ${file.replace(/\.sql$/, '.down.sql')}`;
  problems.push({ file, version, rule: 'rollback-section', message: found.problem, correction });
  return {};
}

type ReadFile = { sql: string } | { problem: MigrationProblem };

function readSql(directory: string, file: string, version: string): ReadFile {
  let bytes: Uint8Array;
  try {
    // Waiting for a thread for each of hundreds of small files takes five times as long as reading them.
    bytes = readFileSync(join(directory, file));
  } catch (error) {
    const message = `the file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`;
    const correction = 'put a file in its place: a link has to lead to one that is in the checkout';
    return { problem: { file, version, rule: 'unreadable', message, correction } };
  }
  return decode(file, version, bytes);
}

function decode(file: string, version: string, bytes: Uint8Array): ReadFile {
  try {
    // ignoreBOM: false drops a leading byte order mark, as the Supabase CLI does.
    const sql = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (sql.includes('\0')) throw new TypeError('NUL');
    if (sql.trim() !== '') return { sql };
    const message = 'the file is empty';
    return { problem: { file, version, rule: 'empty', message, correction: 'write the migration or delete the file' } };
  } catch {
    const message = 'the file is not UTF-8 text';
    const correction = 'save it as UTF-8 without NUL characters';
    return { problem: { file, version, rule: 'bad-encoding', message, correction } };
  }
}

function duplicates(files: MigrationFile[]): MigrationProblem[] {
  return files.flatMap((file, index): MigrationProblem[] => {
    const before = files[index - 1];
    if (before?.version !== file.version) return [];
    const message = `version ${file.version} is also used by ${before.file}: only one of them could be recorded`;
    const correction = `give one of the two files a version of its own`;
    return [{ file: file.file, version: file.version, rule: 'duplicate-version', message, correction }];
  });
}

/** `10_` sorts before `9_` as text: legal for the history, never meant. */
function ambiguous(files: MigrationFile[]): MigrationProblem[] {
  return files.flatMap((file, index): MigrationProblem[] => {
    const before = files[index - 1];
    if (before === undefined || BigInt(before.version) <= BigInt(file.version)) return [];
    const message = `versions are sorted as text, so ${before.file} comes before ${file.file}`;
    const correction = `give all versions the same number of digits, e.g. ${file.version.padStart(before.version.length, '0')}_${file.name}.sql`;
    return [{ file: file.file, version: file.version, rule: 'ambiguous-order', message, correction }];
  });
}

function gapsOf(files: MigrationFile[]): string[] {
  const numbered = files.filter((file) => file.version.length < 8);
  return numbered.flatMap((file, index) => {
    const before = numbered[index - 1];
    if (before === undefined) return [];
    const missing: string[] = [];
    for (let number = Number(before.version) + 1; number < Number(file.version) && missing.length < 20; number++) {
      missing.push(String(number).padStart(file.version.length, '0'));
    }
    return missing;
  });
}
