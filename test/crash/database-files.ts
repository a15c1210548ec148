import { query } from '#backup/test-database';
import { recordMigration } from '#postgres/migration-history';

const base = { version: '20260101000000', name: 'base' };
const baseSql = 'create table notes (id int primary key, title text);\ncreate table done (step text not null);\n';

/** The second one commits by itself in three places. Each leaves a line behind, so that a file that ran twice shows. */
export const migrationFiles: Record<string, string> = {
  [`${base.version}_${base.name}.sql`]: baseSql,
  '20260201000000_first.sql': `create table first (id int primary key);
insert into done values ('first');
`,
  '20260201000000_first.down.sql': `drop table first;
delete from done where step = 'first';
`,
  '20260202000000_pieces.sql': `create table pieces (id int primary key, note text);
insert into done values ('pieces');
create index concurrently pieces_note on pieces (note);
insert into done values ('pieces again');
`,
  '20260202000000_pieces.down.sql': `drop table pieces;
delete from done where step like 'pieces%';
`,
  '20260203000000_third.sql': `create table third (id int primary key);
insert into done values ('third');
`,
  '20260203000000_third.down.sql': `drop table third;
delete from done where step = 'third';
`,
  // Sent while the third one is still being applied.
  '20260204000000_fourth.sql': `create table fourth (id int primary key);
insert into done values ('fourth');
`,
  '20260204000000_fourth.down.sql': `drop table fourth;
delete from done where step = 'fourth';
`,
};

const steps = ['first', 'fourth', 'pieces', 'pieces again', 'third'];
const versions: Record<string, string> = {
  first: '20260201000000',
  pieces: '20260202000000',
  third: '20260203000000',
  fourth: '20260204000000',
};

/** SQL that makes a database in which only the base is applied, or everything. */
export function prepare(applied: 'base' | 'all', row: string): string {
  const files = Object.entries(migrationFiles).filter(([name]) => !name.endsWith('.down.sql'));
  const wanted = applied === 'base' ? files.slice(0, 1) : files;
  return [
    'CREATE SCHEMA supabase_migrations',
    'CREATE TABLE supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY, statements text[], name text)',
    ...wanted.flatMap(([file, sql]) => {
      const [, version = '', name = ''] = /^(\d+)_(\w+)\.sql$/.exec(file) ?? [];
      const statements = sql.split(';').map((one) => one.trim());
      const own = statements.filter((one) => one !== '');
      return [
        ...own.map((one) => one.replace('concurrently ', '')),
        recordMigration({ version, name, statements: own }),
      ];
    }),
    `INSERT INTO notes VALUES (1, '${row}')`,
  ].join(';\n');
}

export interface FileState {
  recorded: string[];
  /** In the order of the table. */
  steps: string[];
  tables: string[];
  marker: { done: number; started: number | null } | undefined;
  validIndex: boolean;
}

export async function readFileState(url: string): Promise<FileState> {
  const recorded = await query<{ version: string }>(
    url,
    'SELECT version FROM supabase_migrations.schema_migrations ORDER BY 1',
  );
  const done = await query<{ step: string }>(url, 'SELECT step FROM done ORDER BY 1');
  const tables = await query<{ name: string }>(
    url,
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname IN ('first', 'fourth', 'pieces', 'third') ORDER BY 1`,
  );
  const [marker] = await query<{ done: number; started: number | null }>(
    url,
    'SELECT done, started FROM supabase_migrations.ops_actions_marker',
  ).catch(() => []);
  const index = await query<{ valid: boolean }>(
    url,
    `SELECT indisvalid AS valid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = 'pieces_note'`,
  );
  return {
    recorded: recorded.map(({ version }) => version),
    steps: done.map(({ step }) => step),
    tables: tables.map(({ name }) => name),
    marker,
    validIndex: index[0]?.valid === true,
  };
}

/** I2 and I9 as far as they hold at every moment. */
export function brokenFiles(state: FileState): string[] {
  const broken: string[] = [];
  const count = (step: string) => state.steps.filter((one) => one === step).length;
  for (const step of steps) if (count(step) > 1) broken.push(`I9: ${step} ran ${count(step)} times`);
  for (const name of ['first', 'third', 'fourth']) {
    const all = [state.recorded.includes(versions[name] ?? ''), state.tables.includes(name), count(name) === 1];
    if (new Set(all).size > 1) broken.push(`I2: ${name} is not whole: recorded, table, row are ${all.join(', ')}`);
  }
  const recorded = state.recorded.includes(versions.pieces ?? '');
  const whole = state.tables.includes('pieces') && count('pieces') === 1 && count('pieces again') === 1;
  if (recorded && !(whole && state.validIndex)) broken.push('I2: pieces is recorded and not whole');
  if (recorded && state.marker !== undefined) broken.push('I2: pieces is recorded and still has its marker');
  if (!recorded && state.tables.includes('pieces') && state.marker === undefined)
    broken.push('I2: pieces was begun and nothing says so');
  return broken;
}

/** How it must be in the end: everything once, or everything but the base gone. */
export function brokenInTheEnd(state: FileState, end: 'all' | 'base'): string[] {
  const wanted = end === 'all' ? [base.version, ...Object.values(versions)] : [base.version];
  const broken = brokenFiles(state);
  if (state.recorded.join() !== wanted.join()) broken.push(`I2: the history is ${state.recorded.join()}`);
  if (state.steps.join() !== (end === 'all' ? steps.join() : '')) broken.push(`I2: what ran is ${state.steps.join()}`);
  return broken;
}
