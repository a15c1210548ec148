import { writeLine } from './stdout.ts';
import { formatCommand, harmlessLines, harmlessText } from './workflow-command.ts';

/** Where an action says what it does. Foreign text is safe in every method (S14). */
export interface Logger {
  info(text: string): void;
  notice(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  /** Shown only when the workflow runs with debug logging. */
  debug(text: string): void;
  /** Folds everything logged by `body` under one title. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
}

/** The logger of the GitHub runner: plain lines and workflow commands on `write`. */
export function createLogger(write: (line: string) => void = writeLine): Logger {
  const command = (name: string) => (text: string) => write(formatCommand(name, harmlessText(text)));
  return {
    info(text) {
      for (const line of harmlessLines(text)) write(line);
    },
    notice: command('notice'),
    warning: command('warning'),
    error: command('error'),
    debug: command('debug'),
    async group(title, body) {
      command('group')(title);
      try {
        return await body();
      } finally {
        write('::endgroup::');
      }
    },
  };
}
