import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyMigrations } from './classify-migrations.ts';
import { recordedPhases } from './recorded-phase.ts';
import { loadSqlParser } from './sql-parser.ts';

test('A file is recorded by what it means for older code: borne, held for later, or accepted all the same', async () => {
  const sql = {
    '1_add.sql': 'alter table notes add column colour text;',
    '2_drop.sql': 'alter table notes drop column body;',
    '3_accepted.sql': '-- ops:accept drop-column nobody reads it any more\nalter table notes drop column title;',
    '4_type.sql': '-- ops:accept drop-type nothing reads it\ndrop type mood;',
    '5_own.sql': 'alter table notes drop column colour;',
    '6_lock.sql': '-- ops:accept index-not-concurrent the table is tiny\ncreate index on notes (id);',
  };
  const files = Object.entries(sql).map(([file, text]) => {
    const [version = '', name = ''] = file.replace('.sql', '').split('_');
    return { version, name, file, sql: text };
  });
  const strict = classifyMigrations(files, await loadSqlParser());
  assert.deepEqual(Object.fromEntries(recordedPhases(files, strict)), {
    '1_add.sql': 'expand',
    '2_drop.sql': 'contract',
    '3_accepted.sql': 'unsafe',
    '4_type.sql': 'unsafe',
    // The pending files made it themselves: no code has ever seen it.
    '5_own.sql': 'expand',
    '6_lock.sql': 'expand',
  });
});
