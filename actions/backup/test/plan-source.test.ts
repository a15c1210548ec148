import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planSource } from '../src/plan-source.ts';

const production = 'abcdefghijklmnopqrst';
const staging = 'tsrqponmlkjihgfedcba';

test('an environment that is pinned to a project is backed up from there only', () => {
  const pooler = `postgresql://postgres.${staging}:p@aws-0-eu-central-1.pooler.supabase.com:5432/postgres`;
  for (const url of [`postgresql://postgres:p@db.${staging}.supabase.co/postgres`, pooler]) {
    const [problem, ...more] = planSource(url, production).problems;
    assert.equal(problem?.name, 'database-url');
    assert.match(problem?.message ?? '', new RegExp(`leads to project ${staging}.*pinned to ${production}`));
    assert.deepEqual(more, []);
    assert.deepEqual(planSource(url, staging).problems, []);
    assert.deepEqual(planSource(url, undefined).problems, []);
  }
  assert.match(planSource('postgresql://u:p@db.example.com/d', production).problems[0]?.message ?? '', /no Supabase/);
});

test('every mistake of the connection string is a problem', () => {
  assert.equal(planSource('postgresql://h:6543/d', undefined).problems.length, 2);
});
