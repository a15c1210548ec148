import { runTool } from '#child-process/run-tool';

/** The commit that is shipped: the checkout's own, which differs from the run's where a `ref` was checked out. */
export async function readCheckout(context: {
  sha: string;
  workspace: string;
}): Promise<{ commit: string; treeSha: string | undefined }> {
  const [commit, treeSha] = (await ask(context.workspace, ['rev-parse', 'HEAD', 'HEAD^{tree}'])) ?? [];
  return { commit: commit ?? context.sha, treeSha };
}

/** Undefined without git or without a repository: the run's own commit counts then. */
async function ask(cwd: string, args: string[]): Promise<string[] | undefined> {
  try {
    // safe.directory: in a container the checkout belongs to another user.
    const { exitCode, stdout } = await runTool({
      command: 'git',
      args: ['-c', `safe.directory=${cwd}`, ...args],
      cwd,
      deadlineMs: 10_000,
    });
    return exitCode === 0 ? stdout.trim().split('\n') : undefined;
  } catch {
    return undefined;
  }
}
