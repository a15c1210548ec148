import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksOfWayBack, outcomeOfCheck } from './checks-of-way-back.ts';

const none = {
  healthOutcome: 'success',
  healthDecision: 'pass',
  healthSummary: 'healthy',
  smokeOutcome: 'success',
  smokeDecision: 'pass',
  smokeSummary: 'passed',
};
const unrun = { smokeOutcome: 'failure', smokeDecision: 'could-not-run', smokeSummary: 'setup-commands: exit 1' };

test('smoke tests that could not run prove nothing and accuse nobody', () => {
  assert.deepEqual(checksOfWayBack({ ...none, ...unrun }), {
    sick: undefined,
    unverified: 'setup-commands: exit 1',
    health: 'success',
    smoke: '',
  });
});

test('what failed decides, whatever else could not run', () => {
  const sick = { healthOutcome: 'failure', healthDecision: 'fail', healthSummary: 'status 503' };
  const { sick: said, unverified, health } = checksOfWayBack({ ...none, ...unrun, ...sick });
  assert.deepEqual([said, unverified, health], ['status 503', undefined, 'failure']);
  assert.deepEqual([checksOfWayBack(none).sick, checksOfWayBack(none).unverified], [undefined, undefined]);
  // A step that died without a word is no proof that the deployment is well, and is told as it always was.
  const died = { smokeOutcome: 'failure', smokeDecision: undefined, smokeSummary: undefined };
  assert.equal(checksOfWayBack({ ...none, ...died }).sick, '');
});

test('of the rollback that a release called only what was measured counts', () => {
  const said = ['pass', 'flaky', 'fail', 'could-not-run', '', undefined].map(outcomeOfCheck);
  assert.deepEqual(said, ['success', 'success', 'failure', '', '', '']);
});
