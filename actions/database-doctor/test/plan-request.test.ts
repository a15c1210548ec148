import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GivenForDatabase, planRequest } from '../src/plan-request.ts';

const given = (overrides: Partial<GivenForDatabase>): GivenForDatabase => ({
  databasePassword: undefined,
  loginRole: false,
  supabaseAccessToken: undefined,
  supabaseProject: undefined,
  supabaseApiUrl: undefined,
  databaseUrl: 'postgres://web@db.example.com/app',
  lookForDamage: false,
  mode: 'look',
  poolSize: undefined,
  keep: false,
  damageResult: undefined,
  schemas: ['public'],
  failOn: 'critical',
  mitigate: 'none',
  expires: 7_200_000,
  dryRun: false,
  config: undefined,
  throwAway: false,
  githubToken: undefined,
  environment: undefined,
  olderThan: undefined,
  database: undefined,
  expect: undefined,
  previous: undefined,
  reportPath: undefined,
  user: undefined,
  application: undefined,
  include: undefined,
  confirm: undefined,
  ...overrides,
});

for (const { name, inputs, problems } of [
  { name: 'a report needs nothing', inputs: {}, problems: [] },
  { name: 'what only mitigate uses is named', inputs: { user: 'web', olderThan: 1 }, problems: ['user', 'older-than'] },
  { name: 'what only raises a pool is named', inputs: { poolSize: 30, keep: true }, problems: ['pool-size', 'keep'] },
  { name: 'an act needs the typed word', inputs: { mitigate: 'cancel-blockers' }, problems: ['confirm'] },
  {
    name: 'the word is the environment, not the database',
    inputs: { mitigate: 'cancel-blockers', environment: 'production', confirm: 'app' },
    problems: ['confirm'],
  },
  { name: 'without one it is the database', inputs: { mitigate: 'cancel-blockers', confirm: 'app' }, problems: [] },
  { name: 'a dry run needs none', inputs: { mitigate: 'terminate-connections', dryRun: true }, problems: [] },
  {
    name: 'plain idle sessions need a user or application, and both mistakes come at once',
    inputs: { mitigate: 'terminate-idle' },
    problems: ['mitigate', 'confirm'],
  },
  {
    name: 'another database is the word where no environment is named',
    inputs: { mitigate: 'terminate-connections', database: 'other', confirm: 'app' },
    problems: ['confirm'],
  },
  {
    name: 'another database cannot be made read-only from here',
    inputs: { mitigate: 'read-only-on', database: 'other', environment: 'production', confirm: 'production' },
    problems: ['database'],
  },
  {
    name: 'read-only is for the whole database',
    inputs: { mitigate: 'read-only-on', user: 'web', confirm: 'app' },
    problems: ['user'],
  },
] as { name: string; inputs: Partial<GivenForDatabase>; problems: string[] }[]) {
  test(name, () => {
    assert.deepEqual(
      planRequest(given(inputs), 'app').problems.map((problem) => problem.name),
      problems,
    );
  });
}

test('sessions are those of the database that was named, else of the connection', () => {
  const databaseOf = (inputs: Partial<GivenForDatabase>): string | undefined => {
    const { request } = planRequest(given({ dryRun: true, mitigate: 'terminate-connections', ...inputs }), 'app');
    return request.kind === 'signals' ? request.request.database : undefined;
  };
  assert.deepEqual([databaseOf({}), databaseOf({ database: 'other' })], ['app', 'other']);
});

test('five minutes to cancel, ten to terminate, unless said otherwise', () => {
  const seconds = (inputs: Partial<GivenForDatabase>): number | undefined => {
    const { request } = planRequest(given({ dryRun: true, ...inputs }), 'app');
    return request.kind === 'signals' ? request.request.olderThanSeconds : undefined;
  };
  assert.deepEqual(
    [
      seconds({ mitigate: 'cancel-blockers' }),
      seconds({ mitigate: 'terminate-idle-in-transaction' }),
      seconds({ mitigate: 'cancel-long-queries', olderThan: 60_000 }),
    ],
    [300, 600, 60],
  );
});
