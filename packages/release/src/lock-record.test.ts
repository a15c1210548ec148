import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockTask, toLock } from './lock-record.ts';
import { formatFact } from './release-record.ts';

const deployment = {
  id: 10,
  ref: 'main',
  sha: 'a'.repeat(40),
  task: lockTask,
  environment: 'production',
  payload: { schemaVersion: 1, key: 'k', reason: 'breach', target: { deploymentId: 'dpl_good' }, expiresAfterMs: 1 },
  description: '',
  createdAt: 0,
};

for (const [reason, rollback] of [
  ['vercel_unreachable', undefined],
  ['vercel_rate_limited', undefined],
  ['move_unanswered', undefined],
  ['target_gone', 'failed'],
  ['vercel_token_rejected', 'failed'],
] as const) {
  test(`a way back that failed with ${reason} ${rollback === undefined ? 'stays promised' : 'is over'}`, () => {
    const description = formatFact('rollback', 'outcome', 'failed', `dpl_bad -> dpl_good ${reason}`);
    const lock = toLock(deployment, [{ id: 1, state: 'in_progress', description, createdAt: 1 }]);
    assert.equal(lock?.rollback, rollback);
  });
}
