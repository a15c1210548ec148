import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GitHubError } from '#github/client';
import { inspectMigrations, type MigrationInspection } from '#postgres/inspect-migrations';
import { readMigrations } from '#postgres/read-migrations';
import { type ApprovalPort, approvalOf, approvalPort, approvalTitle } from '#release/migration-approval';
import { decideEarly } from './approval.ts';
import type { Migration } from './migrate.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'approval-'));
  await writeFile(join(folder, '1_a.sql'), 'create table a (id int);');
  await writeFile(join(folder, '2_b.sql'), '-- ops:accept drop-table nobody reads it\ndrop table old;');
});
after(() => rm(folder, { recursive: true }));

const look = async (applied: string[] = []): Promise<MigrationInspection> =>
  inspectMigrations({ folder: await readMigrations(folder), applied });
const asks = (reviewers: number, approvedBy: string[]): ApprovalPort => ({
  requiredReviewers: async (environment) => (environment === 'migrations' ? reviewers : 0),
  approvedBy: async (environment) => (environment === 'migrations' ? approvedBy : []),
});
const reason = (migration: Migration | undefined) =>
  migration === undefined ? 'goes on' : migration.kind === 'decided' ? migration.ending[1] : migration.kind;

async function decide(approval: ApprovalPort | undefined, approved: string | undefined, environment = 'migrations') {
  const handed = approved === undefined ? {} : { approved };
  const options = { mode: 'apply', apply: 'approve', approvalEnvironment: environment, ...handed } as const;
  return reason(await decideEarly(await look(), options, { inRelease: false, approval }));
}

test('Nothing is applied before a required reviewer has approved exactly these files', async () => {
  const yes = approvalOf(await look());
  assert.match(yes, /^[0-9a-f]{32} 1 2$/);
  assert.equal(await decide(asks(1, ['ada']), yes), 'goes on');
  assert.equal(await decide(asks(1, []), yes), 'approval_missing');
  assert.equal(await decide(asks(0, ['ada']), yes), 'approval_not_enforced');
  assert.equal(await decide(asks(1, ['ada']), yes, 'staging'), 'approval_not_enforced');
  assert.equal(await decide(undefined, yes), 'approval_not_enforced');
  assert.equal(await decide(asks(1, ['ada']), approvalOf(await look(['1']))), 'approval_outdated');
  assert.equal(await decide(asks(1, ['ada']), undefined), 'approval_not_handed_on');
  assert.equal(await decide(asks(1, []), undefined), 'approval_missing');
});

test('Changed rollback SQL is another file: it runs by itself where the migration fails', async () => {
  const before = approvalOf(await look());
  const down = join(folder, '1_a.down.sql');
  await writeFile(down, 'drop table a;');
  const yes = approvalOf(await look());
  assert.notEqual(yes, before);
  await writeFile(down, 'drop table a, customers;');
  assert.equal(await decide(asks(1, ['ada']), yes), 'approval_outdated');
  await rm(down);
});

test('A changed text is another file, and a GitHub that does not say is no approval', async () => {
  const yes = approvalOf(await look());
  await writeFile(join(folder, '1_a.sql'), 'create table a (id bigint);');
  assert.equal(await decide(asks(1, ['ada']), yes), 'approval_outdated');
  const silent: ApprovalPort = {
    requiredReviewers: () => Promise.reject(new GitHubError('github_forbidden', 'give the job actions: read')),
    approvedBy: async () => ['ada'],
  };
  assert.equal(await decide(silent, yes), 'approval_not_enforced');
});

test('Where nothing is due nobody is asked, and who is asked reads which rules were accepted', async () => {
  const never: ApprovalPort = {
    requiredReviewers: () => assert.fail('GitHub was asked'),
    approvedBy: () => assert.fail('GitHub was asked'),
  };
  const options = { mode: 'apply', apply: 'approve', approvalEnvironment: 'migrations' } as const;
  const done = await decideEarly(await look(['1', '2']), options, { inRelease: false, approval: never });
  assert.equal(reason(done), 'nothing-pending');
  assert.equal(approvalTitle(await look()), '2 migrations, accepted: drop-table');
  assert.equal(approvalTitle(await look(['2'])), '1 migration');
});

test('Only an approval of this environment in this run counts, and an environment that nobody knows asks nobody', async () => {
  const said = (state: string, environments: string[], user: string) => ({ state, environments, user, comment: '' });
  const runs: Record<number, ReturnType<typeof said>[]> = {
    7: [
      said('approved', ['production'], 'eve'),
      said('rejected', ['migrations'], 'bob'),
      said('approved', ['migrations'], 'ada'),
    ],
    8: [said('rejected', ['migrations'], 'bob')],
  };
  const github = {
    environment: async (name: string) => (name === 'migrations' ? { name, reviewers: 2 } : undefined),
    runApprovals: async (runId: number) => runs[runId] ?? [],
  };
  const port = approvalPort(github, 7);
  assert.deepEqual(await port?.approvedBy('migrations'), ['ada']);
  assert.deepEqual(await approvalPort(github, 8)?.approvedBy('migrations'), []);
  assert.deepEqual([await port?.requiredReviewers('migrations'), await port?.requiredReviewers('none')], [2, 0]);
  assert.deepEqual([approvalPort(undefined, 7), approvalPort(github, 0)], [undefined, undefined]);
});
