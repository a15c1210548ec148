import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf, planVariablesBack } from './plan-variables-back.ts';
import type { ProjectVariable } from './project-variables.ts';

const variable = (key: string, more: Partial<ProjectVariable> = {}): ProjectVariable => ({
  id: `id-${key}`,
  key,
  type: 'encrypted',
  target: ['production'],
  customEnvironmentIds: [],
  value: `value of ${key}`,
  ...more,
});
const { value: _, ...unread } = variable('SENSITIVE', { type: 'sensitive' });

test('what differs is changed, what is gone is created, what is new stays and is named', () => {
  const saved = [variable('A'), variable('B'), variable('C'), unread];
  const live = [variable('A'), variable('B', { value: 'another' }), variable('NEW'), unread];
  const plan = planVariablesBack(saved, live);
  assert.deepEqual(plan.same, ['A (production)']);
  assert.deepEqual(
    plan.change.map(({ id, to }) => [id, to.value]),
    [['id-B', 'value of B']],
  );
  assert.deepEqual(
    plan.create.map(({ key, value }) => [key, value]),
    [['C', 'value of C']],
  );
  assert.deepEqual([plan.notCovered, plan.extra, plan.unknown], [['SENSITIVE (production)'], ['NEW (production)'], []]);
});

test('one that was removed and made again is found by name and place, and not one of another place', () => {
  const saved = [variable('A'), variable('A', { id: 'id-preview', target: ['preview'], value: 'of preview' })];
  const live = [
    variable('A', { id: 'again', target: ['production', 'development'], value: 'new' }),
    variable('A', { id: 'branch', target: ['preview'], gitBranch: 'feature' }),
  ];
  const plan = planVariablesBack(saved, live);
  assert.deepEqual(
    plan.change.map(({ id }) => id),
    ['again'],
  );
  assert.deepEqual(
    plan.create.map(({ target }) => target),
    [['preview']],
  );
  assert.deepEqual(plan.extra, ['A (preview, branch feature)']);
});

test('only what was asked for is touched; a name that is in no file is said', () => {
  const saved = [variable('A', { value: 'old' }), variable('B', { value: 'old' })];
  const plan = planVariablesBack(saved, [variable('A'), variable('B')], ['A', 'MISSING']);
  assert.deepEqual(
    plan.change.map(({ to }) => to.key),
    ['A'],
  );
  assert.deepEqual([plan.extra, plan.unknown], [[], ['MISSING']]);
});

test('what became sensitive meanwhile stays sensitive, whatever it holds', () => {
  const { value: _gone, ...live } = variable('A', { type: 'sensitive' });
  const [change] = planVariablesBack([variable('A')], [live]).change;
  assert.deepEqual([change?.to.type, change?.to.value], ['sensitive', 'value of A']);
});

test('a name says where it applies, and never a value', () => {
  assert.equal(nameOf(variable('A', { customEnvironmentIds: ['env_1'] })), 'A (production, env_1)');
});
