import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lateRollback, wayBack } from './way-back.ts';

test('A way back that took longer than its limit is told with both times; five minutes where nothing is set', () => {
  const startedAt = 1_000_000;
  const after = (verifiedAt: number, limitMs?: number) =>
    lateRollback({ startedAt, verifiedAt: startedAt + verifiedAt, limitMs });
  assert.equal(after(300_000), undefined);
  assert.match(after(372_000) ?? '', /took 6 min 12 s from decision to proof, its limit is 5 min$/);
  assert.match(after(61_000, 60_000) ?? '', /took 1 min 1 s .* limit is 1 min$/);
  assert.equal(lateRollback({ startedAt: undefined, verifiedAt: 1, limitMs: 0 }), undefined);
});

test('What serves and is sick is never proposed, nor what was passed over; without services nothing is', async () => {
  const none = { github: undefined, project: undefined };
  const settings = { environment: 'production' } as Parameters<typeof wayBack>[1];
  const recorded = { deploymentId: 'dpl_good', adopted: false };
  const ask = (serving: string, bad: string[] = []) =>
    wayBack(none, settings, { recorded, serving: { deploymentId: serving }, bad }, []);
  assert.equal((await ask('dpl_bad'))?.deploymentId, 'dpl_good');
  assert.equal(await ask('dpl_good'), undefined);
  assert.equal(await ask('dpl_bad', ['dpl_good']), undefined);
});
