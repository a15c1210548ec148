import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerFact } from '../release-record.ts';
import { backendState, mayRunStill } from './backend-facts.ts';

const fact = (kind: LedgerFact['kind'], word: string, step = 'backend'): LedgerFact => {
  return { step, kind, word, text: '', at: 0 };
};
const began = fact('intent', 'deploy');
const deployed = fact('outcome', 'deployed');
const goingBack = fact('intent', 'rollback');

test('what the record of a release says about the backend, from intents and outcomes', () => {
  const cases: [string, LedgerFact[]][] = [
    ['untouched', []],
    ['untouched', [fact('intent', 'deploy', 'functions'), fact('outcome', 'deployed', 'deploy')]],
    ['unknown', [began]],
    ['deployed', [began, deployed]],
    ['failed', [began, fact('outcome', 'failed')]],
    ['deployed', [began, deployed, goingBack]],
    ['back', [began, deployed, goingBack, fact('outcome', 'rolled-back')]],
    ['back', [began, goingBack, fact('outcome', 'rolled-back')]],
    ['deployed', [began, deployed, goingBack, fact('outcome', 'rollback-failed')]],
    ['unknown', [began, deployed, goingBack, fact('outcome', 'rolled-back'), began]],
  ];
  for (const [state, facts] of cases)
    assert.equal(backendState(facts), state, facts.map(({ kind, word }) => `${kind} ${word}`).join(', '));
});

test('only what was never begun or was taken back leaves nothing behind', () => {
  const left = (['untouched', 'unknown', 'deployed', 'failed', 'back'] as const).filter(mayRunStill);
  assert.deepEqual(left, ['unknown', 'deployed', 'failed']);
});
