import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTarget } from '../src/plan-target.ts';

const production = 'abcdefghijklmnopqrst';
const staging = 'tsrqponmlkjihgfedcba';
const url = `postgresql://postgres:p@db.${staging}.supabase.co/postgres`;

test('a live database of another project than the environment is pinned to is never replaced, whatever was typed', () => {
  for (const confirm of [undefined, staging, production]) {
    const { problems } = planTarget(url, confirm, production);
    assert.deepEqual(
      problems.map((problem) => problem.name),
      ['target-url'],
    );
    assert.match(problems[0]?.message ?? '', new RegExp(`leads to project ${staging}.*pinned to ${production}`));
  }
});

test('its own project is replaced when its reference is typed; without a target nothing is asked', () => {
  assert.deepEqual(planTarget(url, staging, staging), { expected: staging, problems: [] });
  assert.deepEqual(
    planTarget(url, 'postgres', staging).problems.map((problem) => problem.allowed),
    [staging],
  );
  assert.deepEqual(planTarget(undefined, undefined, staging).problems, []);
});
