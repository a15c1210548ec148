import type { Command } from 'commander';
import { systemClock } from '#http/clock';
import { commandOn } from '#release/command-line';
import { reconcile } from '#release/reconcile';
import { takeFunctionsBack } from '#release/take-functions-back';
import { type EnvironmentOptions, openEnvironment, UsageError } from './open-environment.ts';
import type { CommandAnswer } from './rollback-command.ts';
import { sayAside } from './terminal.ts';

export interface ReconcileOptions extends EnvironmentOptions {
  endedRun?: string;
}

/** The options of `reconcile`, beside those that every command on an environment has. */
export function describeReconcile(command: Command): Command {
  return command
    .description(
      'finish what dead runs left behind: promised rollbacks, production without a verdict, auto-assign, locks; import a rollback that GitHub did not see',
    )
    .option('--ended-run <id>', 'a run that is known to be over, although GitHub does not say so')
    .addHelpText(
      'after',
      'It tells nobody in Slack, opens no incident and puts no edge functions back; the workflow reconcile.yml does.',
    );
}

/** Exit code 0 when nothing needs a person, 1 when something does. */
export async function reconcileCommand(options: ReconcileOptions): Promise<CommandAnswer> {
  const { endedRun } = options;
  if (endedRun !== undefined && !/^\d{1,15}$/.test(endedRun))
    throw new UsageError([`--ended-run ${endedRun}: give the number of the run, as in its address`]);
  const { github, settings, openProject } = await openEnvironment(options);
  const { environment } = settings;
  const deps = { github, clock: systemClock, log: sayAside };
  const outcome = await reconcile(
    {
      ...deps,
      project: await openProject(),
      // What edge functions were lies in artifacts of runs: here they are only named.
      functions: async (scope) => await takeFunctionsBack({ ...deps, expected: false }, scope),
    },
    { settings, repository: github.repository, endedRuns: endedRun === undefined ? [] : [Number(endedRun)] },
  );
  for (const warning of outcome.warnings) sayAside(warning);
  const done = [...outcome.finished.map(({ version, what }) => `${version}: ${what}`), ...outcome.locks];
  const nothing = `Nothing was left to finish on ${environment}.`;
  const next = outcome.alarming ? [`Next: check production, then: ${commandOn(settings, 'releases')}`] : [];
  const releases = outcome.finished.map(({ version, decision, reasonCode, what }) => ({
    version,
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
