import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { systemClock } from '#http/clock';
import { commandOn } from '#release/command-line';
import { defaultLockExpiryMs } from '#release/lock';
import { nameOf } from '#release/name-of-target';
import { rollBackByHand } from '#release/roll-back-by-hand';
import { type EnvironmentOptions, openEnvironment } from './open-environment.ts';
import { sayAside } from './terminal.ts';

export interface RollbackOptions extends EnvironmentOptions {
  target: string;
  reason: string;
  dryRun?: true;
  allowUnsafe?: string;
}

export interface CommandAnswer {
  exitCode: 0 | 1;
  text: string;
  json: object;
}

/** The options of `ops-actions rollback`, beside those that every command on an environment has. */
export function describeRollback(command: Command): Command {
  return command
    .description('lock an environment and move its domains back, from this machine; works while GitHub does not answer')
    .option('--target <what>', 'previous, a version, a commit, a deployment id or URL', 'previous')
    .option('--reason <text>', 'why; everybody reads it', 'rolled back by hand')
    .option('--allow-unsafe <reason>', 'go back across a contract migration: why the older code bears it')
    .option('--dry-run', 'only say what would be done')
    .addHelpText('after', 'It moves and proves domains only. With health checks, incident and message: run rollback.');
}

/** One rollback by hand. Exit code 0 when production is where it was asked to be, 1 when that was refused or failed. */
export async function rollback(options: RollbackOptions): Promise<CommandAnswer> {
  const { github, settings, key, openProject } = await openEnvironment(options, { githubToken: 'optional' });
  const { environment } = settings;
  // Without a runner no commit is given; GitHub takes the name of its default branch for the lock.
  const commit = await github.commit('HEAD').then(
    ({ sha }) => sha,
    () => 'HEAD',
  );
  const outcome = await rollBackByHand(
    {
      github,
      project: await openProject(),
      clock: systemClock,
      log: sayAside,
    },
    {
      settings,
      key,
      runId: 0,
      commit,
      target: options.target,
      reason: options.reason,
      operator: userInfo().username,
      allowUnsafe: options.allowUnsafe,
      dryRun: options.dryRun === true,
      lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
      promoteInstead: settings.vercel.rollbackFallback !== 'none',
    },
  );
  for (const warning of outcome.warnings) sayAside(warning);
  if (!('rollback' in outcome)) {
    return {
      exitCode: outcome.decision === 'refused' ? 1 : 0,
      text: outcome.message,
      json: { environment, ...outcome },
    };
  }
  const { decision, message, unrecorded } = outcome.rollback;
  const done = decision === 'rolled-back' || decision === 'already-current';
  const next = `Next: check it, mend the cause, then: ${commandOn(settings, 'unlock')}`;
  const text = done ? `${environment} is back on ${nameOf(outcome.target)}. ${next}` : message;
  const last = unrecorded === undefined ? '' : `\n${unrecorded}`;
  return { exitCode: done ? 0 : 1, text: `${text}${last}`, json: { environment, ...outcome.rollback } };
}
