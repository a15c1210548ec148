import { CommandError, type CommandLine, splitCommand } from '#probe/split-command';
import type { StoreCommands } from './command-destination.ts';
import type { DestinationProblem } from './plan-destinations.ts';

/** The commands as the workflow file has them. */
export interface GivenCommands extends Omit<StoreCommands, 'store' | 'fetch'> {
  store: string | undefined;
  fetch: string | undefined;
}

/** Both commands as they will be started, so that no mistake in them is found when the dump is under way. Pure. */
export function planStoreCommands(given: GivenCommands, problems: DestinationProblem[]): StoreCommands {
  const { environment, deadlineMs } = given;
  const split = (which: 'store' | 'fetch'): CommandLine => {
    const name = `${which}-command`;
    const command = given[which];
    const takes = `a command that ${which === 'store' ? 'takes the encrypted object on its standard input' : 'prints it on its standard output'}`;
    const allowed = `${takes}; its name is in $BACKUP_FILE`;
    const [placeholder] = command?.match(/\{(?:url|environment)\}/) ?? [];
    if (command === undefined) problems.push({ name, message: 'is needed by the destination command', allowed });
    else if (placeholder !== undefined) {
      const message = `has ${placeholder}, in whose place nothing would stand`;
      problems.push({ name, message, allowed: 'variables that command-environment names, as $NAME without braces' });
    } else {
      try {
        return splitCommand(command, { environment: '', url: '' });
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        problems.push({ name, message: error.message, allowed });
      }
    }
    return { command: 'false', args: [] };
  };
  return { store: split('store'), fetch: split('fetch'), environment, deadlineMs };
}
