import { runTool } from '#child-process/run-tool';

/** Where a run happens: what GitHub would put into the github context of the job. */
export interface WorkspaceIdentity {
  repository: string;
  sha: string;
  ref: string;
}

const noCommit = '0'.repeat(40);

/** Reads repository, commit and ref from the git checkout; what git does not know keeps a neutral value. */
export async function workspaceIdentity(workspace: string): Promise<WorkspaceIdentity> {
  const [sha, branch, tag, remote] = await Promise.all([
    git(workspace, ['rev-parse', 'HEAD']),
    git(workspace, ['symbolic-ref', '--quiet', 'HEAD']),
    git(workspace, ['describe', '--exact-match', '--tags', 'HEAD']),
    git(workspace, ['remote', 'get-url', 'origin']),
  ]);
  const tagRef = tag === undefined ? undefined : `refs/tags/${tag}`;
  return {
    repository: repositoryOf(remote) ?? 'local/repository',
    sha: sha ?? noCommit,
    ref: branch ?? tagRef ?? 'refs/heads/main',
  };
}

/** owner/name of a remote address, or undefined. */
export function repositoryOf(remote: string | undefined): string | undefined {
  const match = /[/:]([^/:\s]+\/[^/:\s]+?)(?:\.git)?\/?$/.exec(remote ?? '');
  return match?.[1];
}

async function git(workspace: string, args: string[]): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await runTool({
      command: 'git',
      args: ['-C', workspace, ...args],
      deadlineMs: 10_000,
    });
    return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
  } catch {
    // Without git the options of the command say what the run is for.
    return undefined;
  }
}
