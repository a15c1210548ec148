import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeRebuild, type RebuildFacts } from './judge-rebuild.ts';

const good: RebuildFacts = {
  ...{ commit: 'a'.repeat(40), restoreSeconds: 12, deployed: 'ready', health: 'pass', smoke: 'pass' },
  ...{ left: [], productionServes: [] },
};
const { commit: _none, ...unrestored } = good;

test('a rebuild passes when the app of the record is well against the copy and nothing is left', () => {
  assert.deepEqual(judgeRebuild(good), { passed: true, reasonCode: 'rebuilt', problems: [] });
  assert.equal(judgeRebuild({ ...good, smoke: 'flaky' }).passed, true);
});

test('whatever did not happen fails it, with a reason of its own', () => {
  const cases: [RebuildFacts, string, RegExp][] = [
    [unrestored, 'rebuild_not_restored', /before it could say why/],
    [{ ...unrestored, notRestored: { reasonCode: 'no_backup', message: 'none' } }, 'no_backup', /^none$/],
    [{ ...good, deployed: 'failed' }, 'rebuild_not_deployed', /\(failed\)/],
    [
      { ...unrestored, commit: 'b', left: [], productionServes: [], deployed: '' },
      'rebuild_not_deployed',
      /not deployed/,
    ],
    [{ ...good, health: 'could-not-run' }, 'rebuild_unhealthy', /could-not-run/],
    [{ ...good, smoke: 'fail' }, 'rebuild_smoke_failed', /fail/],
    [{ ...good, left: ['dpl_1: 500'] }, 'rebuild_not_removed', /not removed: dpl_1: 500/],
    [{ ...good, productionServes: ['app.example.com'] }, 'drill_serves_production', /roll back now/],
  ];
  for (const [facts, reasonCode, text] of cases) {
    const judged = judgeRebuild(facts);
    assert.deepEqual([judged.passed, judged.reasonCode], [false, reasonCode]);
    assert.match(judged.problems[0] ?? '', text);
  }
});

test('what is left behind is told beside why the app was not well', () => {
  const judged = judgeRebuild({ ...good, health: 'fail', left: ['the copy'] });
  assert.deepEqual([judged.reasonCode, judged.problems.length], ['rebuild_unhealthy', 2]);
});
