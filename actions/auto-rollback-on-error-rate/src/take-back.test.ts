import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TakenBack, withPartsLeft } from './take-back.ts';

test('what a way back of the domains leaves as it is is said, and warned of where functions belong to a release', () => {
  const moved: TakenBack = {
    decision: 'rolled-back',
    reasonCode: 'rolled_back',
    summary: 'app.example.com moved to dpl_good.',
    warnings: ['w'],
  };
  const environment = 'production';
  const plain = withPartsLeft({ environment }, moved);
  assert.equal(
    plain.summary,
    'app.example.com moved to dpl_good. Edge functions and database stay as they are: this step was given the domains only.',
  );
  assert.deepEqual(plain.warnings, ['w']);
  const { warnings } = withPartsLeft({ environment, functions: { wanted: true, explicit: false } }, moved);
  assert.match(warnings[1] ?? '', /^Edge functions of production .* run rollback\.yml with parts: functions$/);
});
