import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { classifyMigrations } from './classify-migrations.ts';
import type { MigrationRule } from './migration-rules.ts';
import { loadSqlParser } from './sql-parser.ts';
import { corpus } from './squawk-corpus.ts';

const program = `../../../.tools/squawk/node_modules/@squawk-cli/${process.platform}-${process.arch}/bin/squawk`;
const squawk = join(import.meta.dirname, program);
const parser = await loadSqlParser();

/** What squawk calls dangerous for a running application, and our words for it. */
const claimed: Readonly<Record<string, readonly MigrationRule[]>> = {
  'adding-required-field': ['not-null-without-default'],
  'adding-field-with-default': ['column-rewrite'],
  'adding-serial-primary-key-field': ['column-rewrite', 'unique-constraint-index'],
  'adding-foreign-key-constraint': ['foreign-key-not-valid-missing', 'column-constraint'],
  'adding-not-nullable-field': ['set-not-null'],
  'ban-alter-domain-with-add-constraint': ['domain-constraint'],
  'ban-drop-column': ['drop-column'],
  'ban-drop-database': ['drop-database'],
  'ban-drop-not-null': ['drop-not-null'],
  'ban-drop-table': ['drop-table'],
  'ban-truncate-cascade': ['truncate'],
  'changing-column-type': ['type-change', 'type-narrowing'],
  'constraint-missing-not-valid': [
    'check-not-valid-missing',
    'foreign-key-not-valid-missing',
    'unique-constraint-index',
  ],
  'disallowed-unique-constraint': ['unique-constraint-index', 'column-constraint'],
  'renaming-column': ['rename-column'],
  'renaming-table': ['rename-table'],
  'require-concurrent-index-creation': ['index-not-concurrent'],
  'require-concurrent-index-deletion': ['drop-index-not-concurrent'],
  'require-concurrent-partition-detach': ['detach-partition'],
  'require-concurrent-reindex': ['reindex-not-concurrent'],
};

/** Rules that we do not claim, and why nothing dangerous goes unsaid without them. */
const notClaimed: Readonly<Record<string, string>> = {
  'require-lock-timeout': 'apply sets lock_timeout around every file, so no file has to',
  'require-statement-timeout': 'a setting of the run (statement-timeout), not of a file',
  'prefer-robust-stmts': 'a file is applied whole or not at all, and its history says which',
  'transaction-nesting': 'BEGIN and COMMIT around a whole file are taken out, as the Supabase CLI honours them',
  'ban-uncommitted-transaction': 'a file that begins and does not commit is committed with its history row',
  'prefer-bigint-over-int': 'taste in the choice of types; nothing waits or is lost at the migration',
  'prefer-identity': 'taste in the choice of types',
  'prefer-text-field': 'taste in the choice of types',
  'prefer-timestamp-tz': 'taste in the choice of types',
  'ban-char-field': 'taste in the choice of types',
  'ban-create-domain-with-constraint': 'a new domain has no rows; altering it later is what costs, and that is claimed',
  'require-enum-value-ordering': 'a value at the end is what most want',
};

/** Statements on which squawk speaks of a claimed rule and we do not, on purpose. */
const differences: Readonly<Record<string, readonly string[]>> = {
  // A column that is NULL in every row refers to nothing, and PostgreSQL does not look (statement-impact.deep.test.ts).
  'alter table notes add column a bigint references users (id)': ['adding-foreign-key-constraint'],
  // The table was made by the same file: it has no rows, and no code that runs knows it.
  'create table fresh (id bigint primary key); create index on fresh (id); alter table fresh add column a int not null':
    ['adding-required-field'],
};

/** Statements that we refuse or hold and squawk passes, and why none of them is a false alarm. */
const stricter: Readonly<Record<string, readonly MigrationRule[]>> = {
  // Everything in the schema goes with it, tables and their rows too; squawk looks at DROP TABLE and DROP COLUMN only.
  'drop schema app cascade': ['drop-schema'],
  // Code that is deployed now may read the view, as it may a table.
  'drop view recent': ['drop-view'],
  // The rows are gone without CASCADE, too; squawk looks at CASCADE only.
  'truncate notes': ['truncate'],
  // squawk does not look into blocks.
  'do $$ begin drop table notes; end $$': ['drop-table'],
  "do $$ begin execute format('drop table %I', 'notes'); end $$": ['opaque-code'],
  // Everything of the role goes with it, tables and their rows too.
  'drop owned by old': ['drop-owned'],
  // Code that is deployed now may work as the role, by the policy or by the right.
  'drop role old': ['drop-role'],
  'drop policy p on notes': ['drop-policy'],
  'revoke select on notes from anon': ['revoke'],
  // Its INSERTs may leave the column out.
  'alter table notes alter column title drop default': ['drop-default'],
  // Its queries on the parent find the rows no more.
  'alter table notes no inherit things': ['no-inherit'],
};

describe('what squawk calls dangerous is said', {
  skip: existsSync(squawk) ? false : 'no squawk: .ci/install-tools puts it into .tools/squawk',
}, () => {
  let folder: string;
  let theirs: Map<string, Set<string>>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'squawk-'));
    const paths = corpus.map((_, index) => join(folder, `${index}.sql`));
    await Promise.all(paths.map((path, index) => writeFile(path, `${corpus[index]};\n`)));
    const result = await runTool({
      command: squawk,
      args: ['--reporter', 'json', '--pg-version', '15', '--assume-in-transaction', ...paths],
      deadlineMs: 60_000,
      maxOutputBytes: 4 * 1024 ** 2,
    });
    const found = JSON.parse(result.stdout) as { file: string; rule_name: string }[];
    theirs = new Map(corpus.map((sql, index) => [sql, rulesOf(found, paths[index])]));
  });
  after(async () => rm(folder, { recursive: true }));

  test('the corpus is large, and each rule of squawk is claimed or left out with a reason', () => {
    assert.ok(corpus.length >= 60);
    const rules = new Set([...theirs.values()].flatMap((set) => [...set]));
    assert.deepEqual(
      [...rules].filter((rule) => claimed[rule] === undefined && notClaimed[rule] === undefined),
      [],
    );
    // A claim that no statement of the corpus puts to the test would be empty.
    assert.deepEqual(
      Object.keys(claimed).filter((rule) => !rules.has(rule)),
      [],
    );
  });

  for (const sql of corpus) {
    test(sql, () => {
      const file = { version: '1', name: 'x', file: '1_x.sql', sql: `${sql};\n` };
      const ours = new Set(classifyMigrations([file], parser).map((finding) => finding.rule));
      const unsaid = [...(theirs.get(sql) ?? [])].filter(
        (rule) => claimed[rule] !== undefined && !claimed[rule].some((own) => ours.has(own)),
      );
      assert.deepEqual(unsaid, differences[sql] ?? []);
    });
  }

  test('what we refuse or hold and squawk passes is listed, each statement with its reason', () => {
    const alone: Record<string, string[]> = {};
    for (const sql of corpus) {
      const file = { version: '1', name: 'x', file: '1_x.sql', sql: `${sql};\n` };
      const said = new Set([...(theirs.get(sql) ?? [])].flatMap((rule) => claimed[rule] ?? []));
      const stopped = classifyMigrations([file], parser).filter(({ severity }) => severity !== 'warn');
      const rules = stopped.map(({ rule }) => rule).filter((rule) => !said.has(rule));
      if (rules.length > 0) alone[sql] = rules;
    }
    assert.deepEqual(alone, stricter);
  });
});

function rulesOf(found: readonly { file: string; rule_name: string }[], path: string | undefined): Set<string> {
  return new Set(found.filter((finding) => finding.file === path).map((finding) => finding.rule_name));
}
