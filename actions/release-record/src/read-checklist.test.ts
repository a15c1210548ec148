import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checklistIn, withWatch } from './read-checklist.ts';

const item = (name: string) => ({ name, state: 'open' as const, note: 'later' });

test('the watch of what was restored ticks its own item and leaves the others', () => {
  const checklist = checklistIn(
    JSON.stringify({ checklist: [item('Root cause identified'), item('Deployment monitoring re-enabled')] }),
  );
  assert.deepEqual(withWatch(checklist, { seen: '40 of 50 requests failed', at: 7 }), [
    item('Root cause identified'),
    {
      name: 'Deployment monitoring re-enabled',
      state: 'done',
      note: 'what was restored was watched: 40 of 50 requests failed',
      at: 7,
    },
  ]);
});

for (const [name, result] of [
  ['nothing', undefined],
  ['no JSON', '{'],
  ['no checklist', '{}'],
  ['an item of other shape', '{"checklist":[{"name":"a"}]}'],
] as const)
  test(`${name} is no checklist`, () => {
    assert.equal(withWatch(checklistIn(result), { seen: 'nothing', at: 7 }), undefined);
  });
