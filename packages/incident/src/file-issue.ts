import type { GitHub } from '#github/client';

/** An issue that stands for one thing. */
export interface FiledIssue {
  number: number;
  url: string;
  /** False when the issue of an earlier run was found and brought up to date. */
  created: boolean;
}

/**
 * Opens an issue, or updates the one that is already there: found by its marker among the issues with our label, because
 * search lags (S6). @throws GitHubError, e.g. without `issues: write`.
 */
export async function fileIssue(
  github: GitHub,
  issue: { marker: string; label: string; title: string; body: string; state: 'open' | 'closed' },
): Promise<FiledIssue> {
  const { marker, label, title, body, state } = issue;
  const found = await findIssue(github, marker, label);
  if (found !== undefined) {
    const updated = await github.updateIssue(found, { title, body, state });
    return { number: updated.number, url: updated.url, created: false };
  }
  const opened = await github.createIssue({ title, body, labels: [label] });
  // An issue cannot be created closed.
  if (state === 'closed') await github.updateIssue(opened.number, { state });
  return { number: opened.number, url: opened.url, created: true };
}

async function findIssue(github: GitHub, marker: string, label: string): Promise<number | undefined> {
  const labelled = await github.listIssues({ labels: [label], state: 'all' });
  const own = labelled.filter((issue) => issue.body.includes(marker)).map((issue) => issue.number);
  if (own.length > 0) return Math.min(...own);
  // Labels are dropped in silence without push access (facts/github-actions.md §14).
  const open = await github.listIssues({ state: 'open' });
  return open.find((issue) => issue.body.includes(marker))?.number;
}
