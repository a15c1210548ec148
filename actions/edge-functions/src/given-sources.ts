import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitHubConnection } from '#action-kit/connections';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { commitBeforeFunctions } from '#release/plan-functions-back';
import { readRecentReleases } from '#release/read-environment';
import { affectedFunctions } from '#supabase/affected-functions';
import { exportCommit } from '#supabase/export-commit';
import type { FunctionSource } from '#supabase/function-types';
import { readFunctionSources } from '#supabase/read-sources';
import { SupabaseError } from '#supabase/supabase-error';
import type { inputs } from './inputs.ts';

type Given = InputValues<typeof inputs>;

/** The functions to deploy: those of the checkout or of a commit, and of them those that a rotated secret touches. @throws SupabaseError, GitHubError. */
export async function givenSources(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<{ sources: FunctionSource[]; commit?: string }> {
  const { workspace, temp } = runner.context;
  const read = async (root: string) => {
    const directory = given.functionsDir ?? settings.functions?.directory ?? 'supabase/functions';
    const names = given.names ?? settings.functions?.names;
    const sources = await readFunctionSources({ root, directory, names });
    return given.secrets === undefined ? sources : affectedFunctions(sources, given.secrets);
  };
  if (given.commit === undefined) return { sources: await read(workspace) };
  const wanted = given.commit === 'recorded' ? await recordedCommit(runner, given, settings) : given.commit;
  const folder = await mkdtemp(join(temp === '' ? tmpdir() : temp, 'edge-functions-'));
  try {
    const { commit, root } = await exportCommit(workspace, wanted, folder, runner.signal);
    runner.logger.info(`The functions are those of commit ${commit}`);
    return { sources: await read(root), commit };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function recordedCommit(runner: Runner, given: Given, { environment }: EnvironmentSettings): Promise<string> {
  if (given.githubToken === undefined) {
    throw new InputError([{ name: 'github-token', message: 'is needed for commit: recorded' }]);
  }
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  const commit = commitBeforeFunctions(await readRecentReleases(github, environment));
  if (commit !== undefined) return commit;
  throw new SupabaseError(
    'no_recorded_commit',
    `No record of ${environment} names the commit of the functions before the last ones. Name the commit yourself.`,
  );
}
