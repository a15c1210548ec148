import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidePoolBack } from './decide-pool-back.ts';
import type { OpenRaise } from './pool-record.ts';

const raise = (more: Partial<OpenRaise> = {}): OpenRaise => ({
  ...{ schemaVersion: 1, id: 1, project: 'a'.repeat(20), former: 15, raised: 30, by: 'ada', dueAt: 1000 },
  ...more,
});

for (const { name, open, now, at, early = false, kind } of [
  { name: 'without a raise there is nothing', open: [], now: 15, at: 2000, kind: 'nothing' },
  { name: 'before its time it waits', open: [raise()], now: 30, at: 999, kind: 'waits' },
  { name: 'for good it waits for ever', open: [raise({ dueAt: Infinity })], now: 30, at: 1e15, kind: 'waits' },
  { name: 'a person need not wait', open: [raise()], now: 30, at: 999, early: true, kind: 'put-back' },
  { name: 'after its time it goes back', open: [raise()], now: 30, at: 1000, kind: 'put-back' },
  { name: 'what stands as it was is not touched', open: [raise()], now: 15, at: 2000, kind: 'is-back' },
  { name: 'what somebody else set stays', open: [raise()], now: 40, at: 2000, kind: 'left' },
  { name: 'what somebody else took away stays away', open: [raise()], now: undefined, at: 2000, kind: 'left' },
  {
    name: 'an older raise is ours, too',
    open: [raise({ id: 2, raised: 45 }), raise()],
    now: 30,
    at: 2000,
    kind: 'put-back',
  },
])
  test(`the pool size, ${name}`, () => assert.equal(decidePoolBack(open, { now, at, early }).kind, kind));
