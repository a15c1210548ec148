import type { Command } from 'commander';
import { commandOn } from '#release/command-line';
import { needsAPerson } from '#release/revert/plan-revert';
import { revertRelease } from '#release/revert/revert-release';
import { type EnvironmentOptions, openEnvironment } from './open-environment.ts';
import type { CommandAnswer } from './rollback-command.ts';

export interface RevertOptions extends EnvironmentOptions {
  release?: string;
  branch: string;
  push?: true;
  tag?: boolean;
  allowUnsafe?: string;
  dryRun?: true;
}

/** The options of `revert`, beside those that every command on an environment has. */
export function describeRevert(command: Command): Command {
  return command
    .description('take a release back in the code, as a pull request or on its branch; moves no domain')
    .option('--release <version>', 'version or commit; default the newest that was promoted')
    .option('--branch <name>', 'branch that gets the revert', 'main')
    .option('--push', 'put it on the branch instead of a pull request')
    .option('--tag', 'tag the revert with the next version; default where the trigger of the environment is a tag')
    .option('--no-tag', 'do not tag it')
    .option('--allow-unsafe <reason>', 'why the older code bears the contract migrations that were applied since')
    .option('--dry-run', 'only say what would happen')
    .addHelpText('after', 'GITHUB_TOKEN needs contents: write, and pull-requests: write without --push.');
}

/** Exit code 0 where the revert is there or proposed, 1 where it was refused or needs a person. */
export async function revertCommand(options: RevertOptions): Promise<CommandAnswer> {
  const { github, settings } = await openEnvironment(options);
  const outcome = await revertRelease(github, {
    environment: settings.environment,
    release: options.release,
    branch: options.branch,
    mode: options.push ? 'push' : 'pull-request',
    tag: options.tag ?? settings.trigger?.event === 'tag',
    allowUnsafe: options.allowUnsafe,
    dryRun: options.dryRun === true,
  });
  const { decision, message } = outcome;
  const next =
    decision === 'reverted'
      ? `\nNext: release it; a locked environment first needs: ${commandOn(settings, 'unlock')}`
      : '';
  return {
    exitCode: needsAPerson(outcome) ? 1 : 0,
    text: `${message}${next}`,
    json: { ...outcome, environment: settings.environment },
  };
}
