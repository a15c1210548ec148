import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRebuild, readRebuild, recordedRebuild } from './read-rebuild.ts';

const commit = 'a'.repeat(40);
const said = { passed: true, reasonCode: 'rebuilt', problems: [], commit, restoreSeconds: 3, removed: true };

test('what a rebuild said is kept without its words, which may name a database', () => {
  const failed = { ...said, passed: false, reasonCode: 'rebuild_unhealthy', problems: ['notes_drill is slow'] };
  const kept = recordedRebuild(readRebuild(JSON.stringify({ ...failed, target: 'drill' })));
  assert.deepEqual(kept, { passed: false, reasonCode: 'rebuild_unhealthy', commit, restoreSeconds: 3, removed: true });
  assert.equal(describeRebuild(kept), 'rebuild_unhealthy, aaaaaaa');
  assert.equal(describeRebuild(recordedRebuild(readRebuild(JSON.stringify(said)))), 'well, aaaaaaa');
});

test('nothing, half a result and no JSON are a rebuild that died, which is no success', () => {
  const wordless = JSON.stringify({ ...said, passed: false });
  for (const text of [undefined, '', '{', '{"passed":true}', 'null', wordless]) {
    assert.equal(readRebuild(text), 'died', text);
  }
  assert.equal(recordedRebuild('died').passed, false);
  assert.equal(describeRebuild(recordedRebuild('died')), 'rebuild_died');
  assert.equal(describeRebuild(undefined), 'not asked');
});
