import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideNewVersion, type MigrationNaming } from './decide-new-version.ts';

const now = Date.UTC(2026, 0, 24, 10, 30, 5);

const cases: { of: string; versions: string[]; naming?: MigrationNaming; version: string; ahead?: string }[] = [
  { of: 'an empty folder', versions: [], version: '20260124103005' },
  { of: 'an empty folder that is to be numbered', versions: [], naming: 'numbered', version: '001' },
  { of: 'time stamps', versions: ['20260123000000', '20251231235959'], version: '20260124103005' },
  { of: 'days', versions: ['20260124'], version: '20260124103005' },
  { of: 'numbers with a gap', versions: ['001', '003', '002', '013'], version: '014' },
  { of: 'numbers of another width', versions: ['0099'], version: '0100' },
  { of: 'numbers that look like no date', versions: ['00000000000041'], version: '00000000000042' },
  { of: 'numbers, then time stamps', versions: ['001', '002', '20251231235959'], version: '20260124103005' },
  { of: 'numbers that change to time stamps', versions: ['012'], naming: 'timestamp', version: '20260124103005' },
  {
    of: 'two in one second',
    versions: ['20260124103005'],
    version: '20260124103006',
    ahead: '20260124103005',
  },
  {
    of: 'a file ahead of the clock, at the end of a day',
    versions: ['20261231235959'],
    version: '20270101000000',
    ahead: '20261231235959',
  },
];

for (const { of, versions, naming, version, ahead } of cases) {
  test(`the next version of ${of}`, () => {
    const next = decideNewVersion({ versions, naming, now });
    assert.ok('version' in next, JSON.stringify(next));
    assert.deepEqual([next.version, next.ahead], [version, ahead]);
    assert.ok(versions.every((old) => old < next.version));
  });
}

test('a version that would sort before an applied one is never made, and the way out is said', () => {
  const wider = decideNewVersion({ versions: ['998', '999'], now });
  assert.match('problem' in wider ? wider.problem : '', /^1000 would sort before 999 .*--style timestamp$/);
  const higher = decideNewVersion({ versions: ['900'], naming: 'timestamp', now });
  assert.match('problem' in higher ? higher.problem : '', /20260124103005 would sort before 900 .*--style numbered$/);
});
