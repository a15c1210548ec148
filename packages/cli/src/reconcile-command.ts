import type { Command } from 'commander';
import { systemClock } from '#http/clock';
import { commandOn } from '#release/command-line';
import { reconcile } from '#release/reconcile';
import { type EnvironmentOptions, openEnvironment, UsageError } from './open-environment.ts';
import type { CommandAnswer } from './rollback-command.ts';

export interface ReconcileOptions extends EnvironmentOptions {
  endedRun?: string;
}

/** The options of `reconcile`, beside those that every command on an environment has. */
export function describeReconcile(command: Command): Command {
  return command
    .description(
      'finish what dead runs left behind: promised rollbacks, production without a verdict, auto-assign, locks',
    )
    .option('--ended-run <id>', 'a run that is known to be over, although GitHub does not say so')
    .addHelpText('after', 'It tells nobody in Slack and opens no incident; the action reconcile does.');
}

/** Exit code 0 when nothing needs a person, 1 when something does. */
export async function reconcileCommand(options: ReconcileOptions): Promise<CommandAnswer> {
  const { endedRun } = options;
  if (endedRun !== undefined && !/^\d{1,15}$/.test(endedRun))
    throw new UsageError([`--ended-run ${endedRun}: give the number of the run, as in its address`]);
  const { github, settings, openProject } = await openEnvironment(options);
  const { environment } = settings;
  const outcome = await reconcile(
    {
      github,
      project: await openProject(),
      clock: systemClock,
      log: (line) => void process.stderr.write(`${line}\n`),
    },
    { settings, repository: github.repository, endedRuns: endedRun === undefined ? [] : [Number(endedRun)] },
  );
  for (const warning of outcome.warnings) process.stderr.write(`${warning}\n`);
  const done = [...outcome.releases.map(({ handle, what }) => `${handle.version}: ${what}`), ...outcome.locks];
  const nothing = `Nothing was left to finish on ${environment}.`;
  const next = outcome.alarming ? [`Next: check production, then: ${commandOn(settings, 'releases')}`] : [];
  const releases = outcome.releases.map(({ handle, decision, reasonCode, what }) => ({
    version: handle.version,
    decision,
    reasonCode,
    what,
  }));
  return {
    exitCode: outcome.alarming ? 1 : 0,
    text: done.length === 0 ? nothing : [...done, ...next].join('\n'),
    json: { environment, releases, locks: outcome.locks, warnings: outcome.warnings, alarming: outcome.alarming },
  };
}
