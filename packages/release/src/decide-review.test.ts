import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CommitCheck } from '#github/review-reads';
import {
  decideApprovals,
  decideRequiredChecks,
  type ReleasedBranch,
  type ReviewedPullRequest,
} from './decide-review.ts';

const commit = 'c'.repeat(40);
const head = 'e'.repeat(40);

const checks: { name: string; found: CommitCheck[]; codes: string[]; says?: RegExp }[] = [
  { name: 'green', found: [{ name: 'test', state: 'success', url: '' }], codes: [] },
  { name: 'skipped and neutral', found: states('skipped', 'neutral'), codes: [] },
  { name: 'never reported', found: [], codes: ['check_missing'], says: /test has not reported on commit ccccccc/ },
  { name: 'another one is green', found: [{ name: 'lint', state: 'success', url: '' }], codes: ['check_missing'] },
  { name: 'still running', found: states('in_progress'), codes: ['check_pending'], says: /is in_progress/ },
  { name: 'a status that waits', found: states('pending'), codes: ['check_pending'] },
  { name: 'red', found: states('failure'), codes: ['check_failed'], says: /ended failure/ },
  { name: 'green in one suite, red in another', found: states('success', 'timed_out'), codes: ['check_failed'] },
  { name: 'red beside one that runs', found: states('queued', 'cancelled'), codes: ['check_failed'] },
  { name: 'an outcome nobody knows yet', found: states('exploded'), codes: ['check_failed'] },
];

function states(...all: string[]): CommitCheck[] {
  return all.map((state) => ({ name: 'test', state, url: '' }));
}

for (const { name, found, codes, says } of checks) {
  test(`Required check: ${name}: ${codes[0] ?? 'nothing stands against it'}`, () => {
    const findings = decideRequiredChecks({ commit, required: ['test'], found });
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      codes.map((code) => [code, 'refuse']),
    );
    if (says) assert.match(findings[0]?.message ?? '', says);
  });
}

test('Required checks: each one that is not green is named, in one list', () => {
  const found = [...states('failure'), { name: 'lint', state: 'success', url: '' }];
  const findings = decideRequiredChecks({ commit, required: ['test', 'lint', 'e2e'], found });
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['check_failed', 'check_missing'],
  );
});

type Spoken = [user: string, state: string, more?: { commitSha?: string; association?: string }];

function pull(reviews: Spoken[], more: Partial<ReviewedPullRequest> = {}): ReviewedPullRequest {
  return {
    number: 7,
    isMerged: true,
    author: 'ann',
    headSha: head,
    base: 'main',
    reviews: reviews.map(([user, state, { commitSha = head, association = 'MEMBER' } = {}]) => ({
      user,
      state,
      commitSha,
      association,
    })),
    ...more,
  };
}

const two: Spoken[] = [
  ['bea', 'APPROVED'],
  ['cid', 'APPROVED'],
];
const old = { commitSha: 'a'.repeat(40) };
const table: {
  name: string;
  pulls: ReviewedPullRequest[];
  dismissStale?: boolean;
  branch?: ReleasedBranch;
  codes: string[];
  says?: RegExp;
}[] = [
  {
    name: 'two',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['cid', 'APPROVED'],
      ]),
    ],
    codes: [],
  },
  {
    name: 'one',
    pulls: [pull([['bea', 'APPROVED']])],
    codes: ['not_reviewed'],
    says: /#7 has 1 of 2 approvals \(bea\)/,
  },
  {
    name: 'the same person twice',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['bea', 'APPROVED'],
      ]),
    ],
    codes: ['not_reviewed'],
  },
  {
    name: 'the author',
    pulls: [
      pull([
        ['ann', 'APPROVED'],
        ['bea', 'APPROVED'],
      ]),
    ],
    codes: ['not_reviewed'],
  },
  {
    name: 'a stranger on a public repository',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['eve', 'APPROVED', { association: 'NONE' }],
      ]),
    ],
    codes: ['not_reviewed'],
  },
  {
    name: 'a comment after an approval',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['cid', 'APPROVED'],
        ['bea', 'COMMENTED'],
      ]),
    ],
    codes: [],
  },
  {
    name: 'an approval that was dismissed',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['cid', 'APPROVED'],
        ['bea', 'DISMISSED'],
      ]),
    ],
    codes: ['not_reviewed'],
  },
  {
    name: 'changes asked for and not settled',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['cid', 'APPROVED'],
        ['dan', 'CHANGES_REQUESTED'],
      ]),
    ],
    codes: ['changes_requested'],
    says: /dan asked for changes on pull request #7/,
  },
  {
    name: 'changes asked for, then approved',
    pulls: [
      pull([
        ['bea', 'APPROVED'],
        ['dan', 'CHANGES_REQUESTED'],
        ['dan', 'APPROVED'],
      ]),
    ],
    codes: [],
  },
  {
    name: 'two of an earlier commit',
    pulls: [
      pull([
        ['bea', 'APPROVED', old],
        ['cid', 'APPROVED', old],
      ]),
    ],
    codes: [],
  },
  {
    name: 'two of an earlier commit where stale ones are dismissed',
    pulls: [
      pull([
        ['bea', 'APPROVED', old],
        ['cid', 'APPROVED', old],
      ]),
    ],
    dismissStale: true,
    codes: ['not_reviewed'],
    says: /0 of 2 approvals; 2 of an earlier commit do not count/,
  },
  { name: 'no pull request', pulls: [], codes: ['not_reviewed'], says: /came by no merged pull request/ },
  {
    name: 'an open pull request',
    pulls: [
      pull(
        [
          ['bea', 'APPROVED'],
          ['cid', 'APPROVED'],
        ],
        { isMerged: false },
      ),
    ],
    codes: ['not_reviewed'],
  },
  {
    name: 'the best of two pull requests',
    pulls: [
      pull([], { number: 3 }),
      pull([
        ['bea', 'APPROVED'],
        ['cid', 'APPROVED'],
      ]),
    ],
    codes: [],
  },
  {
    name: 'two, of a pull request into another branch',
    pulls: [pull(two, { number: 3, base: 'develop' })],
    branch: { name: 'main', certain: true },
    codes: ['not_reviewed'],
    says: /no merged pull request into main \(only by #3 into develop\), and 2 approvals are needed/,
  },
  {
    name: 'two of another branch beside one of the released one',
    pulls: [pull(two, { number: 3, base: 'develop' }), pull([['bea', 'APPROVED']])],
    branch: { name: 'main', certain: true },
    codes: ['not_reviewed'],
    says: /#7 has 1 of 2 approvals/,
  },
  {
    name: 'a tag beside the default branch',
    pulls: [pull(two, { base: 'release/1.x' })],
    branch: { name: 'main', certain: false },
    codes: [],
  },
  {
    name: 'a tag on the default branch',
    pulls: [pull(two, { number: 3, base: 'develop' }), pull([['bea', 'APPROVED']])],
    branch: { name: 'main', certain: false },
    codes: ['not_reviewed'],
    says: /#7 has 1 of 2 approvals/,
  },
];

for (const { name, pulls, dismissStale = false, branch, codes, says } of table) {
  test(`Approvals: ${name}: ${codes[0] ?? 'enough'} (CHK-04)`, () => {
    const findings = decideApprovals({ commit, branch, required: 2, dismissStale, pullRequests: pulls });
    assert.deepEqual(
      findings.map(({ code }) => code),
      codes,
    );
    if (says) assert.match(findings[0]?.message ?? '', says);
  });
}

test('Approvals: nobody who may not write, and no repetition, ever adds one', () => {
  const spoken = fc.record({
    user: fc.constantFrom('ann', 'bea', 'cid', 'eve'),
    state: fc.constantFrom('APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED'),
    association: fc.constantFrom('MEMBER', 'NONE', 'CONTRIBUTOR'),
  });
  fc.assert(
    fc.property(fc.array(spoken, { maxLength: 12 }), (reviews) => {
      const insiders = new Set(
        reviews.filter((one) => one.association === 'MEMBER' && one.user !== 'ann').map(({ user }) => user),
      );
      const pullRequests = [pull(reviews.map(({ user, state, association }) => [user, state, { association }]))];
      const findings = decideApprovals({ commit, required: insiders.size + 1, dismissStale: false, pullRequests });
      assert.ok(findings.some(({ code }) => code === 'not_reviewed'));
    }),
  );
});
