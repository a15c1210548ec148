import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChecklistFacts, rollbackChecklist } from './rollback-checklist.ts';

const facts: ChecklistFacts = {
  measured: 'errors: 40 of 400 requests (10.0 %)',
  reason: 'error rate above 2 %',
  startedAt: 10_000,
  announcedAt: 11_000,
  swappedAt: 12_500,
  now: 20_000,
  health: 'success',
  smoke: 'success',
  back: true,
  slack: true,
  toldAt: 19_000,
};

const states = (given: ChecklistFacts) =>
  Object.fromEntries(rollbackChecklist(given).map(({ name, state }) => [name, state]));

test('All eleven items of the runbook are there; what needs a person, and what was not measured, stays open', () => {
  const items = rollbackChecklist(facts);
  assert.equal(items.length, 11);
  assert.deepEqual(
    items.filter(({ state }) => state === 'open').map(({ name }) => name),
    ['Root cause identified', 'Deployment monitoring re-enabled', 'Database integrity verified'],
  );
  assert.ok(
    items.every(({ at }) => at !== undefined),
    'every item has its time',
  );
  assert.match(items[2]?.note ?? '', /^by rule: error rate above 2 %$/);
  assert.match(items[4]?.note ?? '', /2\.5 s/);
});

test('A rollback by hand names who decided, and confirms no rate that nobody measured', () => {
  const byHand = { ...facts, measured: undefined, actor: 'ann', reason: 'checkout fails' };
  assert.equal(states(byHand)['Production error rate confirmed'], 'open');
  assert.match(rollbackChecklist(byHand)[2]?.note ?? '', /^by ann: checkout fails$/);
});

test('What comes after the checklist is open until it has happened: the watch of what was restored, and the message of the end', () => {
  const item = (given: ChecklistFacts, name: string) => rollbackChecklist(given).find((one) => one.name === name);
  const [watch, message] = ['Deployment monitoring re-enabled', 'Post-rollback notification sent'];
  assert.match(item(facts, watch)?.note ?? '', /^the watch of what was restored begins after this was written/);
  const before = item({ ...facts, toldAt: undefined }, message);
  assert.deepEqual([before?.state, before?.note], ['open', 'no message of the end has arrived yet']);
  const after = item(facts, message);
  assert.deepEqual([after?.state, after?.at], ['done', 19_000]);
});

test('Failed checks are failed, checks that did not run are open, and nothing is watched where the domains are not back', () => {
  const bad = states({
    ...facts,
    announcedAt: undefined,
    health: 'failure',
    smoke: 'skipped',
    back: false,
    slack: false,
    toldAt: undefined,
  });
  assert.equal(bad['Slack notification sent'], 'open');
  assert.equal(bad['All services responding'], 'failed');
  assert.equal(bad['Tests passing on the rolled-back version'], 'open');
  assert.equal(bad['Deployment monitoring re-enabled'], 'open');
  assert.equal(bad['Post-rollback notification sent'], 'open');
});
