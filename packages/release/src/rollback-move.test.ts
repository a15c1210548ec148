import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedTo, reasonOfMove, writeMove } from './rollback-move.ts';

test('the line of a rollback says from where to where, why, and when where it was written later', () => {
  const move = { from: 'dpl_new', to: 'dpl_old', reasonCode: 'rolled_back' };
  assert.equal(writeMove(move), 'dpl_new -> dpl_old rolled_back');
  assert.equal(
    writeMove({ to: 'dpl_old', reasonCode: 'imported', at: '2026-01-02T03:04:05Z' }),
    'unknown -> dpl_old imported 2026-01-02T03:04:05Z',
  );
});

test('the reason is read with and without a time behind it, and from no other line', () => {
  const move = { from: 'dpl_2', to: 'dpl_1', reasonCode: 'imported' };
  assert.equal(reasonOfMove(writeMove(move)), 'imported');
  assert.equal(reasonOfMove(writeMove({ ...move, to: undefined, at: '2026-01-02T03:04:05Z' })), 'imported');
  assert.equal(reasonOfMove('v1.2.0 from dpl_1'), undefined);
});

test('the deployment of the line is read whole, so that no other one begins with it', () => {
  assert.equal(movedTo(writeMove({ from: 'dpl_12', to: 'dpl_1', reasonCode: 'rolled_back' })), 'dpl_1');
  assert.equal(movedTo(writeMove({ from: 'dpl_12', to: undefined, reasonCode: 'rolled_back' })), undefined);
});
