import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { criticalFiles, withoutCritical } from './critical-files.ts';
import { type InspectionOptions, inspectMigrations } from './inspect-migrations.ts';
import { readMigrations } from './read-migrations.ts';

const rls = { file: '012_rls.sql', version: '012', sql: '-- Critical: nobody reads what is not his\nselect 1;' };
const more = { file: '013_more.sql', version: '013', sql: 'select 2;' };

test('a file is critical by its own words or by name, and counts until it is applied', () => {
  assert.deepEqual(criticalFiles([rls, more], []), [
    { file: '012_rls.sql', version: '012', why: 'nobody reads what is not his' },
  ]);
  const both = criticalFiles([rls, more], ['013_more.sql', '014_gone.sql', 'no-number.sql']);
  assert.deepEqual(
    both.map(({ file, version }) => [file, version]),
    [
      ['012_rls.sql', '012'],
      ['013_more.sql', '013'],
      ['014_gone.sql', '014'],
      ['no-number.sql', undefined],
    ],
  );
  const names = (applied: string[], now: { file: string }[]) =>
    withoutCritical(both, applied, now).map(({ file }) => file);
  assert.deepEqual(names(['012', '014'], [more]), ['no-number.sql']);
  assert.deepEqual(names([], []), ['012_rls.sql', '013_more.sql', '014_gone.sql', 'no-number.sql']);
});

test('a release without a critical file is refused by name: held, lost from the history, or not in the folder', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'critical-'));
  const drop = '-- critical: the old keys leak\nalter table notes drop column key;';
  try {
    await writeFile(join(directory, '011_notes.sql'), 'create table notes (id int, key text);');
    await writeFile(join(directory, '012_drop_key.sql'), drop);
    const refusals = async (applied: string[], options: InspectionOptions = {}) => {
      const { findings } = await inspectMigrations({ folder: await readMigrations(directory), applied, ...options });
      const refused = findings.filter(({ severity }) => severity === 'refuse');
      return refused.map(({ rule, file }) => `${rule} ${file}`);
    };
    assert.deepEqual(await refusals(['011']), ['critical-not-applied 012_drop_key.sql'], 'held for a later release');
    assert.deepEqual(await refusals(['011'], { phase: 'contract' }), [], 'that is how it is applied');
    assert.deepEqual(await refusals(['011', '012']), []);
    assert.deepEqual(await refusals([], { empty: true }), [], 'this run applies it');
    await writeFile(join(directory, '013_more.sql'), 'create table more (id int);');
    const lost = await refusals(['011', '013']);
    assert.ok(lost.includes('critical-not-applied 012_drop_key.sql'), lost.join());
    const named = await refusals(['011', '012', '013'], { critical: ['010_rls.sql'] });
    assert.deepEqual(named, ['critical-not-applied 010_rls.sql']);
    assert.deepEqual(await refusals(['011'], { toVersion: '011' }), [], 'nobody releases up to a version');
  } finally {
    await rm(directory, { recursive: true });
  }
});
