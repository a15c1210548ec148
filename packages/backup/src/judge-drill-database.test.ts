import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillDatabase } from './drill-database.ts';
import { judgeDrillDatabase } from './judge-drill-database.ts';

const empty: DrillDatabase = {
  identity: 'sha256:drill',
  project: undefined,
  name: 'drill',
  marked: false,
  tables: 0,
};
const project = 'drilldrilldrilldrill';
const judge = (found: Partial<DrillDatabase> = {}, given: Partial<Parameters<typeof judgeDrillDatabase>[1]> = {}) =>
  judgeDrillDatabase({ ...empty, ...found }, { source: 'sha256:source', pinned: undefined, confirm: 'drill', ...given })
    ?.reasonCode;

test('a drill gets an empty database, or one that a drill marked, whose name the workflow file says', () => {
  assert.equal(judge(), undefined);
  assert.equal(judge({ marked: true, tables: 12 }), undefined);
  assert.equal(judge({ project }, { confirm: project }), undefined);
});

test('a database that anybody may need is refused by name, marked or not', () => {
  assert.equal(judge({ marked: true }, { source: undefined }), 'backup_source_unknown');
  assert.equal(judge({ identity: 'sha256:source', marked: true }), 'drill_database_is_source');
  assert.equal(judge({ project, marked: true }, { confirm: project, pinned: project }), 'drill_database_is_source');
  assert.equal(judge({}, { confirm: undefined }), 'drill_database_not_confirmed');
  assert.equal(judge({}, { confirm: 'postgres' }), 'drill_database_not_confirmed');
  assert.equal(judge({ project }), 'drill_database_not_confirmed');
  assert.equal(judge({ tables: 1 }), 'drill_database_not_empty');
});
