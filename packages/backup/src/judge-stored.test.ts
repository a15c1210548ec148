import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeStored, type StoredState } from './judge-stored.ts';

const state = (
  verdict: StoredState['verdict'],
  reasonCode: string,
  sufficient = verdict === 'verified',
): StoredState => ({
  ...{ place: 'bucket', verdict, sufficient, reasonCode, message: '' },
});
const equal = state('verified', 'restored_and_equal');
const bytesAlone = state('could-not-verify', 'digest_only', true);

for (const { name, states, judged } of [
  {
    name: 'restored and equal in both places',
    states: [equal, equal],
    judged: ['verified', 'restored_and_equal', false],
  },
  {
    name: 'bytes alone, as was asked: no verification, and nothing wrong',
    states: [bytesAlone],
    judged: ['could-not-verify', 'digest_only', false],
  },
  {
    name: 'one place of two that holds other bytes',
    states: [equal, state('mismatch', 'digest_mismatch')],
    judged: ['mismatch', 'digest_mismatch', true],
  },
  {
    name: 'bytes that are others weigh more than a place that could not be read',
    states: [state('could-not-verify', 'destination_failed'), state('mismatch', 'digest_mismatch')],
    judged: ['mismatch', 'digest_mismatch', true],
  },
  {
    name: 'a place that could not be read is not made good by another',
    states: [equal, bytesAlone, state('could-not-verify', 'no_backup')],
    judged: ['could-not-verify', 'no_backup', true],
  },
])
  test(`stored backups: ${name}`, () => {
    const { decision, reasonCode, failed } = judgeStored(states);
    assert.deepEqual([decision, reasonCode, failed], judged);
  });
