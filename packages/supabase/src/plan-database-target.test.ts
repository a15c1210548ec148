import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DatabaseTargetRequest, planDatabaseTarget, planNeededDatabase } from './plan-database-target.ts';

const production = 'abcdefghijklmnopqrst';
const staging = 'tsrqponmlkjihgfedcba';

const plan = (more: Partial<DatabaseTargetRequest>) => planDatabaseTarget({ loginRole: false, token: false, ...more });
const names = (more: Partial<DatabaseTargetRequest>) => plan(more).problems.map(({ name }) => name);

test('a project is named by reference, by the linked one, or by the pin, in this order', () => {
  const password = 'p@ss';
  const direct = (project: string) => `postgresql://postgres:p%40ss@db.${project}.supabase.co:5432/postgres`;
  assert.equal(plan({ password, project: staging, linked: production }).url, direct(staging));
  assert.equal(plan({ password, linked: production }).url, direct(production));
  assert.equal(plan({ password, pinned: staging }).url, direct(staging));
  assert.deepEqual(names({ password }), ['supabase-project']);
});

test('a project that is not the one of the environment is refused, however it was named', () => {
  const refused = (more: Partial<DatabaseTargetRequest>) => {
    const { url, problems } = plan({ password: 'pass', pinned: staging, ...more });
    assert.equal(url, undefined);
    return problems.map(({ name, message }) => `${name} ${message}`);
  };
  const why = `is not the project of this environment, which is pinned to ${staging} (supabase.project)`;
  assert.deepEqual(refused({ project: production }), [`supabase-project ${why}`]);
  assert.deepEqual(refused({ linked: production }), [`linked project ${why}`]);
  assert.equal(refused({ linked: 'notes' })[0], 'linked project is no project reference');
});

test('a connection string wins; without any of these nothing is named', () => {
  const url = 'postgresql://u:p@h/d';
  assert.deepEqual(plan({ url, password: 'other', loginRole: true }), { url, loginRole: false, problems: [] });
  assert.deepEqual(plan({ linked: staging, pinned: staging, token: true }), { loginRole: false, problems: [] });
  assert.equal(planNeededDatabase({ loginRole: false, token: false }).problems[0]?.name, 'database-url');
});

test('a login role needs the token, and a password makes it needless', () => {
  assert.deepEqual(names({ loginRole: true }), ['supabase-project', 'supabase-access-token']);
  const made = plan({ loginRole: true, token: true, pinned: staging });
  assert.deepEqual([made.loginRole, made.url], [true, `postgresql://postgres@db.${staging}.supabase.co:5432/postgres`]);
  assert.equal(plan({ loginRole: true, password: 'pass', pinned: staging }).loginRole, false);
});
