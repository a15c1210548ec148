import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planDrill } from './plan-drill.ts';

const given = { databaseUrl: 'postgres://drill', databaseVariable: 'DATABASE_URL' };
const place = { as: 'alias', build: 'remote' } as const;
const settings = { environment: 'production', health: { checks: [{ path: '/api/health' }] }, smoke: {} };
const problemsOf = (...words: Parameters<typeof planDrill>) =>
  planDrill(...words).problems.map(({ allowed }) => allowed);

test('a preview of one app that is built here gets the database under the name that the workflow gives', () => {
  assert.deepEqual(planDrill({ ...given, databaseVariable: 'POSTGRES_URL' }, place, settings), {
    drill: { environment: { POSTGRES_URL: 'postgres://drill' }, meta: { opsDrill: 'production' } },
    problems: [],
  });
  assert.deepEqual(planDrill({ ...given, databaseUrl: undefined }, { as: 'production', build: 'adopt' }, settings), {
    drill: undefined,
    problems: [],
  });
});

test('everything that would ask or become production is refused, all of it at once', () => {
  for (const as of ['production', 'custom-environment'] as const)
    assert.deepEqual(problemsOf(given, { ...place, as }, settings), ['target: preview']);
  const apps = [{ name: 'admin', project: 'prj_admin' }] as unknown as NonNullable<
    Parameters<typeof planDrill>[2]['apps']
  >;
  const smoke = { checks: [{ path: 'https://app.example.com/' }] };
  assert.deepEqual(
    problemsOf({ ...given, release: '{}' }, { as: 'production', build: 'adopt' }, { ...settings, apps, smoke }),
    [
      'target: preview',
      'build: remote or prebuilt',
      'no release',
      'an environment of one app',
      'checks that begin with /',
    ],
  );
});
