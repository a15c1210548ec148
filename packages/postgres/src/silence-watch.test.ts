import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookAtSession } from './look-at-session.ts';
import { type ConnectionSilent, isSilent, watchSilence } from './silence-watch.ts';

test('a server that no longer takes our password proves nothing for ever, one that has no room does', () => {
  assert.equal(isSilent(['rejected', 'rejected'], false), false);
  assert.equal(isSilent(['rejected', 'rejected'], true), true);
  assert.equal(isSilent(['rejected', 'working'], true), false);
  assert.equal(isSilent(['refused', 'refused'], true), false);
  assert.equal(isSilent(['idle', 'gone'], false), true);
});

test('a password that has ended is told from a server that lets nobody else in', async () => {
  const refusedWith = (code: string) =>
    lookAtSession(() => Promise.reject(Object.assign(new Error('no'), { code })), { pid: 1 }, 1_000);
  assert.equal(await refusedWith('28P01'), 'rejected');
  assert.equal(await refusedWith('53300'), 'refused');
  assert.equal(await refusedWith('ECONNREFUSED'), 'no-answer');
});

test('a connection that nobody can look at is given up in the end', async () => {
  const given = Promise.withResolvers<ConnectionSilent>();
  const watch = watchSilence({
    quietMs: 2,
    moved: () => '',
    look: async () => 'rejected',
    hangUp: given.resolve,
  });
  // What is awaited keeps the process alive, as a socket does.
  const alive = setInterval(() => {}, 1_000);
  const answer = given.promise.then((reason) => Promise.reject(reason));
  await assert.rejects(watch.during(answer), /a second connection is no longer let in/);
  clearInterval(alive);
});
