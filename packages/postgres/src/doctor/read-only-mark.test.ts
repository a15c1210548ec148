import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markReadOnly, readOnlyFor, readOnlyUntil, wasLifted } from './read-only-mark.ts';

const until = Date.parse('2026-01-24T09:00:00Z') / 1000;

test('the stop of a person goes without a trace, and what people wrote stays', () => {
  const marked = markReadOnly('of the shop', until);
  assert.equal(marked, 'of the shop [ops-actions: read-only until 2026-01-24T09:00:00Z]');
  assert.deepEqual([readOnlyUntil(marked), readOnlyFor(marked)], [until, undefined]);
  assert.equal(markReadOnly(marked, undefined), 'of the shop');
  assert.equal(markReadOnly(markReadOnly('', until), undefined), '');
});

test('that of a restore leaves its trace, whoever lifts or replaces it, until an earlier state comes back', () => {
  const stopped = markReadOnly('of the shop', until, 'abc');
  assert.deepEqual([readOnlyFor(stopped), wasLifted(stopped, 'abc')], ['abc', false]);
  const lifted = markReadOnly(stopped, undefined);
  assert.equal(lifted, 'of the shop [ops-actions: restore abc lifted]');
  const next = markReadOnly(markReadOnly(lifted, until, 'def'), until, '123');
  assert.deepEqual([readOnlyFor(next), wasLifted(next, 'abc'), wasLifted(next, 'def')], ['123', true, true]);
  assert.equal(wasLifted(markReadOnly(next, until), '123'), true, 'by the stop of a person');
  assert.equal(wasLifted(markReadOnly(next, until, '123'), '123'), false, 'set again');
  assert.equal(wasLifted(next, '12'), false);
});

test('a comment does not grow without end', () => {
  let comment = 'of the shop';
  for (let index = 0; index < 100; index += 1)
    comment = markReadOnly(markReadOnly(comment, until, `a${index}`), undefined);
  assert.deepEqual(
    [wasLifted(comment, 'a99'), wasLifted(comment, 'a80'), wasLifted(comment, 'a79')],
    [true, true, false],
  );
  assert.match(comment, /^of the shop \[/);
});
