import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideBackTo } from './decide-back-to.ts';
import type { Migration } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

type Options = Parameters<typeof decideBackTo>[1];

const asked: Options = {
  release: { firstDeployment: false },
  onFailure: 'rollback-release',
  phase: 'expand',
  back: { byName: true, limitMs: 60_000, tables: [], checks: [] },
};

function ended(before: string[], applied: string[]): Migration {
  const files = applied.map((version) => ({ version, file: `${version}_a.sql` }));
  return {
    kind: 'ended',
    inspection: { applied: before },
    outcome: { outcome: 'applied', applied: files },
    advice: [],
  } as unknown as Migration;
}

test('files go back by themselves only where ops.yml says so, in a release, and where nothing else would go with them', () => {
  const policy = (...words: NonNullable<MigrateOptions['back']['policy']>) => ({
    back: { ...asked.back, policy: words },
  });
  const some = ended(['1', '3', '2'], ['4', '5']);
  const inspection = { applied: ['1', '3', '4', '5'] };
  const nothing = { kind: 'nothing-pending', inspection } as unknown as Migration;
  const cases: [string, Migration, Partial<Options>, string][] = [
    ['the newest of before', some, {}, '3'],
    ['rollback-sql says it, too', some, { onFailure: 'rollback-sql' }, '3'],
    ['an empty history', ended([], ['1']), {}, '0'],
    ['rollback SQL comes first', some, policy('rollback-sql', 'restore'), '3'],
    ['stop, and fix-forward', some, { onFailure: 'stop' }, ''],
    ['forward only', some, policy('forward-only'), ''],
    ['a restore', some, policy('restore'), ''],
    ['a restore first', some, policy('restore', 'rollback-sql'), ''],
    ['by hand', some, { release: undefined }, ''],
    ['a first deployment, which is live at once', some, { release: { firstDeployment: true } }, ''],
    ['a contract migration behind the watch', some, { phase: 'contract' }, ''],
    ['nothing was applied', ended(['1'], []), {}, ''],
    ['a file before an applied one', ended(['1', '3'], ['2', '4']), {}, ''],
    ['no folder', { kind: 'no-folder' }, {}, ''],
    ['nothing pending', nothing, {}, ''],
    ['nothing pending behind an attempt that died', nothing, { earlier: ['4', '5'] }, '3'],
    ['an attempt that died in the middle', ended(['1', '3', '4'], ['5']), { earlier: ['4', '5'] }, '3'],
    ['one that died before the first file', some, { earlier: ['4', '5'] }, '3'],
    ['one behind which another file was applied', nothing, { earlier: ['4'] }, ''],
    ['one whose files are gone', ended(['1'], []), { earlier: ['4'] }, ''],
  ];
  for (const [name, migration, options, version] of cases)
    assert.equal(decideBackTo(migration, { ...asked, ...options })?.toVersion ?? '', version, name);
  assert.deepEqual(decideBackTo(some, asked)?.versions, ['4', '5'], 'no others may go');
  assert.deepEqual(decideBackTo(nothing, { ...asked, earlier: ['5', '4'] })?.versions, ['4', '5'], 'as of one attempt');
});
