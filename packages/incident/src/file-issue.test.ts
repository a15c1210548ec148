import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GitHub, GitHubIssue } from '#github/client';
import { fileIssue } from './file-issue.ts';

const marker = '<!-- ops-actions:sign-off:1:production:7 -->';
const label = 'ops-deployment';
const wanted = { marker, label, title: 'Deploy v1', body: `${marker} new`, state: 'open' as const };

interface Kept extends GitHubIssue {
  labels: string[];
}

const issue = (number: number, given: Partial<Kept> = {}): Kept => ({
  number,
  title: 'Deploy v1',
  state: 'open',
  body: marker,
  url: `https://github.example/${number}`,
  isPullRequest: false,
  byApp: true,
  labels: [label],
  ...given,
});

/** A repository with these issues. */
function repository(...issues: Kept[]) {
  const github = {
    listIssues: async ({ labels = [], state = 'open' }: { labels?: string[]; state?: string }) =>
      issues.filter(
        (each) => (state === 'all' || each.state === state) && labels.every((one) => each.labels.includes(one)),
      ),
    createIssue: async ({ title, body }: { title: string; body: string }) => {
      issues.push(issue(issues.length + 100, { title, body }));
      return issues.at(-1);
    },
    updateIssue: async (number: number, change: Partial<Kept>) =>
      Object.assign(issues.find((each) => each.number === number) ?? assert.fail(), change),
  } as unknown as GitHub;
  return { github, issues };
}

describe('the issue that stands for one thing', () => {
  test('of two that were opened at once is the lower one, and the other is closed', async () => {
    const { github, issues } = repository(issue(9), issue(8));
    assert.deepEqual(await fileIssue(github, wanted), { number: 8, url: 'https://github.example/8', created: false });
    assert.deepEqual(
      issues.map(({ number, state }) => [number, state]),
      [
        [9, 'closed'],
        [8, 'open'],
      ],
    );
  });

  test('is never one that somebody else has opened with its marker', async () => {
    const { github, issues } = repository(issue(3, { byApp: false, labels: [] }));
    const filed = await fileIssue(github, wanted);
    assert.equal(filed.created, true);
    assert.equal(issues[0]?.body, marker, 'the issue of a stranger is left as it is');
  });

  test('is found where GitHub dropped its label', async () => {
    const { github } = repository(issue(3, { labels: [] }));
    assert.deepEqual((await fileIssue(github, wanted)).number, 3);
  });
});
