import type { GitHub, GitHubIssue } from '#github/client';

/** An issue that stands for one thing. */
export interface FiledIssue {
  number: number;
  url: string;
  /** False when the issue of an earlier run was found and brought up to date. */
  created: boolean;
}

/**
 * Opens an issue, or updates the one that is already there: found by its marker among the issues with our label, because
 * search lags (S6). Of several, which two runs at once have opened, the lowest number stays and the others are closed. @throws GitHubError, e.g. without `issues: write`.
 */
export async function fileIssue(
  github: GitHub,
  issue: { marker: string; label: string; title: string; body: string; state: 'open' | 'closed' },
): Promise<FiledIssue> {
  const { marker, label, title, body, state } = issue;
  const [found, ...duplicates] = await findIssues(github, marker, label);
  for (const { number, state: own } of duplicates)
    if (own === 'open') await github.updateIssue(number, { state: 'closed' });
  if (found !== undefined) {
    const updated = await github.updateIssue(found.number, { title, body, state });
    return { number: updated.number, url: updated.url, created: false };
  }
  const opened = await github.createIssue({ title, body, labels: [label] });
  // An issue cannot be created closed.
  if (state === 'closed') await github.updateIssue(opened.number, { state });
  return { number: opened.number, url: opened.url, created: true };
}

/** Number of the issue with a marker; of two the lower one counts. @throws GitHubError. */
export async function findIssue(github: GitHub, marker: string, label: string): Promise<number | undefined> {
  return (await findFiled(github, marker, label))?.number;
}

/** The issue with a marker as it is now; of two the one with the lower number. @throws GitHubError. */
export async function findFiled(github: GitHub, marker: string, label: string): Promise<GitHubIssue | undefined> {
  return (await findIssues(github, marker, label))[0];
}

/** Lowest number first. */
async function findIssues(github: GitHub, marker: string, label: string): Promise<GitHubIssue[]> {
  const labelled = await github.listIssues({ labels: [label], state: 'all' });
  const own = labelled.filter((issue) => issue.body.includes(marker));
  if (own.length > 0) return own.toSorted((a, b) => a.number - b.number);
  // Labels are dropped in silence without push access (facts/github-actions.md §14). A marker is no secret: anybody can open an
  // issue that has it in a public repository, but nobody as an app.
  const open = await github.listIssues({ state: 'open' });
  return open.filter((issue) => issue.byApp && issue.body.includes(marker)).toSorted((a, b) => a.number - b.number);
}
