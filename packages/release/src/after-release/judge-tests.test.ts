import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRequiredChecks } from '../decide-review.ts';
import { judgeTests } from './judge-tests.ts';

const commit = 'a'.repeat(40);
const check = (name: string, state: string) => ({ name, state, url: '' });
const green = [check('unit', 'success'), check('lint', 'skipped')];

for (const { what, found = green, required = ['unit', 'lint'], hasSmoke = true, decision = 'released', exp, says } of [
  {
    what: 'all green and released',
    exp: 'pass',
    says: /^2 required checks are green, and the smoke tests of the release/,
  },
  {
    what: 'a red check',
    found: [check('unit', 'failure'), check('lint', 'queued')],
    exp: 'fail',
    says: /^the required check unit of commit aaaaaaa ended failure$/,
  },
  {
    what: 'a check that runs again',
    found: [check('unit', 'in_progress'), check('lint', 'success')],
    exp: 'open',
    says: /is in_progress/,
  },
  {
    what: 'a check that never reported',
    found: [check('unit', 'success')],
    exp: 'needs-confirmation',
    says: /lint has not reported/,
  },
  { what: 'no required checks', required: [], exp: 'needs-confirmation', says: /no release\.required-checks/ },
  { what: 'no smoke tests', hasSmoke: false, exp: 'needs-confirmation', says: /no smoke tests/ },
  { what: 'a watch that goes on', decision: 'watch-continues', exp: 'open', says: /has not ended yet/ },
  { what: 'a release that was held', decision: 'held', exp: 'needs-confirmation', says: /ended as held/ },
]) {
  test(`tests passed, ${what}: ${exp} (PDW-04)`, () => {
    const against = decideRequiredChecks({ commit, required, found });
    const { verdict, value } = judgeTests({ required, against, hasSmoke, decision });
    assert.equal(verdict, exp, value);
    assert.match(value, says);
  });
}

test('tests passed is open while nobody has written how the release ended', () => {
  assert.equal(judgeTests({ required: ['unit'], against: [], hasSmoke: true, decision: undefined }).verdict, 'open');
});
