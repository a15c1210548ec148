import { createHash } from 'node:crypto';
import { gitHubConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import { codeSpan, link } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { createGitHub, type GitHub, GitHubError } from '#github/client';
import { compareTypes } from '#supabase/compare-types';
import type { Given } from './main.ts';
import { differenceTable } from './render-difference.ts';

/** The end of an attempt to propose new types; `differs`: nobody wants that pull request. */
export type Proposed = Pick<Result, 'decision' | 'reasonCode' | 'summary' | 'failed' | 'warning'>;

/**
 * Opens the pull request with these types, or finds it: its branch is named by their digest, so that a second run opens none, and one
 * that a person has closed stays closed. Those for earlier types are closed. @throws InputError
 */
export async function propose(
  runner: Runner,
  given: Pick<Given, 'githubToken' | 'base' | 'environment'>,
  types: { file: string; text: string },
): Promise<Proposed> {
  const { context } = runner;
  const base = given.base ?? defaultBranch(context.event);
  const problems = [
    ...(given.githubToken === undefined ? [{ name: 'github-token', message: 'is needed to open a pull request' }] : []),
    ...(base === undefined
      ? [{ name: 'base', message: 'is needed: this event does not name the default branch' }]
      : []),
  ];
  if (given.githubToken === undefined || base === undefined) throw new InputError(problems);
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  try {
    return await open(github, { ...types, base, environment: given.environment ?? '', runUrl: context.runUrl });
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    // The permission alone is not enough, and GitHub answers both with 403.
    const setting =
      error.reasonCode === 'github_forbidden'
        ? '; or allow it: Settings → Actions → General → Allow GitHub Actions to create and approve pull requests'
        : '';
    const summary = `No pull request could be opened: ${error.message}${setting}`;
    return { decision: 'could-not-run', reasonCode: error.reasonCode, summary, failed: true };
  }
}

const superseded = 'Superseded: ';

interface Proposal {
  file: string;
  text: string;
  base: string;
  environment: string;
  runUrl: string;
}

async function open(github: GitHub, { file, text, base, environment, runUrl }: Proposal): Promise<Proposed> {
  const there = await github.readFile(file, base);
  const difference = typeof there === 'object' ? compareTypes(there.text, text) : undefined;
  if (typeof there === 'object' && difference === undefined) {
    const summary = `${base} has them already`;
    return { decision: 'same', reasonCode: 'same_on_base', summary, failed: false, warning: false };
  }
  const prefix = `ops/types/${environment === '' ? 'database' : environment}-`;
  const branch = prefix + createHash('sha256').update(text).digest('hex').slice(0, 8);
  const [owner = ''] = github.repository.split('/');
  const [known] = await github.ownPullRequests(`${owner}:${branch}`);
  // One that a run has closed for newer types may be wanted again; one that a person has closed is not.
  if (known?.state === 'closed' && !known.title.startsWith(superseded)) {
    const summary = `Pull request #${known.number} with these types was closed and is not opened again`;
    return { decision: 'differs', reasonCode: 'declined', summary, failed: false, warning: true };
  }
  const found = known?.state === 'open' ? known : undefined;
  const title = `Bring ${file} up to date with the database`;
  const opened = found ?? (await create());
  for (const older of await github.ownPullRequests()) {
    const ours = older.branch.startsWith(prefix) && /^[0-9a-f]{8}$/.test(older.branch.slice(prefix.length));
    if (ours && older.branch !== branch) await github.closePullRequest(older.number, superseded + title);
  }
  const summary = `Pull request #${opened.number} ${found === undefined ? 'brings it up to date' : 'is open'}: ${opened.url}`;
  return { decision: 'proposed', reasonCode: found === undefined ? 'opened' : 'open', summary, failed: false };

  async function create() {
    const { sha: from } = await github.commit(base);
    // `exists`: a run that died before its pull request has left it.
    await github.createBranch({ name: branch, from, path: file, content: text, message: title });
    const body = [
      `The types in ${codeSpan(file)} as the database${environment === '' ? '' : ` of ${codeSpan(environment)}`} is now.`,
      ...(difference === undefined ? [] : [differenceTable(difference)]),
      `Made by ${runUrl === '' ? 'a run' : link('this run', runUrl)}. GitHub starts no workflows for what its own token opens: close and open it again for your checks.`,
    ].join('\n\n');
    try {
      return await github.createPullRequest({ title, body, head: branch, base });
    } catch (error) {
      // It was opened and the answer got lost, or another run was faster: GitHub refuses a second one for a branch.
      const [there] = await github.ownPullRequests(`${owner}:${branch}`);
      if (there?.state === 'open') return there;
      throw error;
    }
  }
}

function defaultBranch(event: unknown): string | undefined {
  const { repository } = (event ?? {}) as { repository?: { default_branch?: unknown } };
  return typeof repository?.default_branch === 'string' ? repository.default_branch : undefined;
}
