import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filesOfAttempts } from './files-of-attempts.ts';

type Some = Parameters<typeof filesOfAttempts>[0][number];
const key = '1:production:7';

function ran(versions: string[], more: Partial<Some> = {}): Some {
  const files = versions.map((version) => ({
    version,
    file: `${version}_a.sql`,
    phase: 'expand' as const,
    sha256: '',
  }));
  return { key, direction: 'forward', files, ...more };
}

test('files of earlier attempts are those of this release, where nothing else has happened to the database or to production', () => {
  const promote = { step: 'promote', kind: 'intent', word: 'promote', text: '', at: 1 } as const;
  const cases: [string, Some[], string[]][] = [
    ['none ran', [], []],
    ['one died', [ran(['4', '5'])], ['4', '5']],
    ['what others did before does not count', [ran(['3'], { key: '1:production:6' }), ran(['4'])], ['4']],
    ['two died, each a little further', [ran(['4', '5']), ran(['5'])], ['4', '5']],
    ['taken back and applied again', [ran(['4']), ran(['4'], { direction: 'back' }), ran(['4'])], ['4']],
    ['another release since', [ran(['4']), ran(['4'], { key: '1:production:8' })], []],
    ['a person since', [ran(['4']), ran(['9'], { key: undefined })], []],
    ['a tool of one’s own', [ran([], { direction: 'command' })], []],
    ['not all are known', [ran(['4'], { more: 3 })], []],
  ];
  for (const [name, records, versions] of cases)
    assert.deepEqual(filesOfAttempts(records, { key, facts: [] }), versions, name);
  assert.deepEqual(filesOfAttempts([ran(['4'])], { key, facts: [promote] }), [], 'live, or on its way there');
});
