import type { InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';

/** Of the runner, of our own inputs and of what a database client or Node reads by itself: never for a command (S13). */
const reserved = /^(?:INPUT_|ACTIONS_|GITHUB_|RUNNER_|OPS_ACTIONS_|PG|NODE_|LD_|DATABASE_URL$|BACKUP_FILE$|PATH$)/;

/**
 * A masked word would be cut out of every log and output that says it, and the runner drops job outputs that hold one (S15): what
 * is short, a plain word or a number stays. GitHub masks values of `secrets` itself.
 */
const mayBeSecret = /^(?![a-z]+$|\d+$).{8,}$/s;

/** The variables that the workflow file names for the commands, masked where they may be secret; each that cannot be given is a problem. */
export function commandEnvironment(
  runner: Pick<Runner, 'environment' | 'mask'>,
  names: readonly string[],
  problems: InputProblem[],
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of names) {
    const value = runner.environment(name);
    const message = !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
      ? 'is no name of a variable'
      : reserved.test(name)
        ? 'is not given to a command'
        : value === undefined
          ? 'is not set in env of this step'
          : undefined;
    if (message === undefined) {
      if (mayBeSecret.test(value ?? '')) runner.mask(value ?? '');
      environment[name] = value ?? '';
    } else
      problems.push({
        name: 'command-environment',
        given: name,
        message,
        allowed: 'names of variables in env of this step',
      });
  }
  return environment;
}
