import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptObject } from './object-list.ts';
import { chooseObjects, planObjectRestore } from './plan-object-restore.ts';

const kept = (path: string, etag = 'one'): KeptObject => {
  const [bucket = '', ...rest] = path.split('/');
  return { bucket, name: rest.join('/'), bytes: 3, etag, updatedAt: '2026-01-10T00:00:00Z', file: `file of ${path}` };
};
const all = [kept('avatars/a.png'), kept('avatars/team/b.png'), kept('avatars-old/a.png'), kept('docs/a.pdf')];
const names = (objects: readonly KeptObject[]) => objects.map(({ bucket, name }) => `${bucket}/${name}`);

for (const [wanted, chosen] of [
  [undefined, ['avatars/a.png', 'avatars/team/b.png', 'avatars-old/a.png', 'docs/a.pdf']],
  [['avatars'], ['avatars/a.png', 'avatars/team/b.png']],
  [['avatars/team/'], ['avatars/team/b.png']],
  [
    ['docs/a.pdf', 'avatars/a.png'],
    ['avatars/a.png', 'docs/a.pdf'],
  ],
  [['avatars/te'], []],
] as const) {
  test(`${wanted ?? 'nothing'} asked for: ${chosen.length} chosen`, () => {
    const found = chooseObjects(all, wanted);
    assert.deepEqual(names(found.chosen), chosen);
    assert.deepEqual(found.unknown, chosen.length === 0 ? wanted : []);
  });
}

test('what differs stays unless it may be replaced, and what is newer is named either way', () => {
  const there = new Map([
    ['avatars/a.png', { bytes: 3, etag: 'one', updatedAt: '2026-02-01T00:00:00Z' }],
    ['avatars/team/b.png', { bytes: 3, etag: 'two', updatedAt: '2026-02-01T00:00:00Z' }],
    ['docs/a.pdf', { bytes: 9, etag: 'x', updatedAt: '2026-01-01T00:00:00Z' }],
  ]);
  const careful = planObjectRestore(all, there, false);
  assert.deepEqual([careful.write, careful.same, careful.left].map(names), [
    ['avatars-old/a.png'],
    ['avatars/a.png'],
    ['avatars/team/b.png', 'docs/a.pdf'],
  ]);
  assert.deepEqual(careful.newer, ['avatars/team/b.png']);
  const bold = planObjectRestore(all, there, true);
  assert.deepEqual(names(bold.write), ['avatars/team/b.png', 'avatars-old/a.png', 'docs/a.pdf']);
  assert.deepEqual([names(bold.left), bold.newer], [[], ['avatars/team/b.png']]);
});
