import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeScenario, movesTheApp, scenarioChecklist, scenariosOf } from './scenario.ts';

const place = { environment: 'production', production: true, at: 1 };

test('Failure scenarios carry their actions in order (ARB-08); restore is left to its own confirmation', () => {
  const expected = {
    'high-error-rate': ['rollback'],
    'critical-feature-broken': ['rollback'],
    'database-corruption': ['rollback', 'restore-backup'],
    'security-vulnerability': ['rollback', 'patch', 'redeploy'],
    'data-loss': ['restore-backup', 'investigate'],
  };
  const all = scenariosOf();
  assert.deepEqual(Object.fromEntries(all.map(({ name, steps }) => [name, [...steps]])), expected);
  for (const scenario of all) {
    const items = scenarioChecklist(scenario, { ...place, back: 'done' });
    assert.deepEqual(
      items.map(({ name }) => name),
      scenario.steps.map((step, index) => `${scenario.name}, step ${index + 1}: ${step}`),
    );
    assert.deepEqual(
      items.map(({ state }) => state),
      scenario.steps.map((step) => (step === 'rollback' ? 'done' : 'open')),
      'only the rollback is done by the run',
    );
    const restore = items.find(({ name }) => name.endsWith('restore-backup'));
    if (restore) assert.match(restore.note, /asks for the name of the database in confirm\. This run restores nothing/);
  }
  assert.deepEqual(
    all.filter((scenario) => !movesTheApp(scenario, place)).map(({ name }) => name),
    ['data-loss'],
  );
});

test('A rule of the configuration replaces the scenario of its name and adds others', () => {
  const all = scenariosOf([
    { when: 'data-loss', do: ['stop', 'restore-backup', 'investigate'] },
    { when: 'error-rate above 10%', do: ['rollback', 'investigate'] },
  ]);
  assert.deepEqual(
    all.map(({ name }) => name),
    [
      'data-loss',
      'error-rate above 10%',
      'high-error-rate',
      'critical-feature-broken',
      'database-corruption',
      'security-vulnerability',
    ],
  );
  assert.equal(describeScenario(all[0] ?? assert.fail()), 'data-loss: stop, then restore-backup, then investigate');
  const [back] = scenarioChecklist(all[1] ?? assert.fail(), { ...place, back: 'failed' });
  assert.deepEqual([back?.state, back?.note], ['failed', 'tried by this run']);
});

test('A step for staging moves staging alone: dispatched for production it is left to a person', () => {
  const [scenario = assert.fail()] = scenariosOf([{ when: 'smoke-failed', do: ['rollback-staging'] }]);
  const staging = { environment: 'staging', production: false, at: 1 };
  assert.deepEqual([movesTheApp(scenario, place), movesTheApp(scenario, staging)], [false, true]);
  const states = [place, staging].map((at) => scenarioChecklist(scenario, { ...at, back: 'done' })[0]?.state);
  assert.deepEqual(states, ['open', 'done']);
  const [both = assert.fail()] = scenariosOf([{ when: 'both', do: ['rollback', 'rollback-staging'] }]);
  assert.deepEqual(
    scenarioChecklist(both, { ...place, back: 'done' }).map(({ state }) => state),
    ['done', 'open'],
  );
});
