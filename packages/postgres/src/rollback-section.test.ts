import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rollbackSection } from './rollback-section.ts';

describe('rollbackSection', () => {
  test('the section of comments is the way back', () => {
    const sql = 'create table a ();\n-- Rollback:\n-- drop table a;\n--\n  -- -- why\n';
    assert.deepEqual(rollbackSection(sql), { down: 'drop table a;\n\n-- why' });
    assert.equal(rollbackSection('create table a (); -- rollback is not possible'), undefined);
  });

  test('statements that would run with the migration, and an empty section, are refused', () => {
    assert.match(JSON.stringify(rollbackSection('select 1;\n-- rollback\ndrop table a;')), /not comments/);
    assert.match(JSON.stringify(rollbackSection('select 1;\n-- rollback\n')), /empty/);
  });

  test('a file can say that there is none, with its reason', () => {
    assert.deepEqual(rollbackSection('-- irreversible: rows are deleted\ndelete from a'), {
      irreversible: 'rows are deleted',
    });
  });
});
