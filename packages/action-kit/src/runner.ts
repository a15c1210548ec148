import { type Clock, systemClock } from '#http/clock';
import { type GitHubContext, readGitHubContext } from './github-context.ts';
import { createLogger, type Logger } from './logger.ts';
import { appendOutput, appendSummary } from './runner-files.ts';
import { writeLine } from './stdout.ts';
import { formatCommand } from './workflow-command.ts';

/** Everything an action may know of and tell the machine that runs it. */
export interface Runner {
  /** Trimmed; '' when not given. */
  input(name: string): string;
  environment(name: string): string | undefined;
  logger: Logger;
  /** Hides a value, each of its lines, a password inside an address, and a password as an address carries it, from every log line that follows. */
  mask(secret: string): void;
  /** Aborts when the run is cancelled; main should end within six seconds. */
  signal: AbortSignal;
  clock: Clock;
  context: GitHubContext;
  output(name: string, value: string): void;
  /** Appends Markdown to the job summary. */
  summary(markdown: string): void;
}

export interface RunnerOptions {
  environment?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  clock?: Clock;
  write?: (line: string) => void;
  /** Called with every value that is masked. */
  onMask?: (value: string) => void;
}

// Shorter values would hide ordinary words in every log line (S15).
const SHORTEST_SECRET = 4;

/** The runner behind the environment variables and files of GitHub Actions. */
export function createRunner(options: RunnerOptions = {}): Runner {
  const environment = options.environment ?? process.env;
  const write = options.write ?? writeLine;
  const logger = createLogger(write);
  return {
    input: (name) => (environment[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '').trim(),
    environment: (name) => environment[name] || undefined,
    logger,
    mask(secret) {
      for (const value of secretForms(secret)) {
        options.onMask?.(value);
        write(formatCommand('add-mask', value));
      }
    },
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? systemClock,
    context: readGitHubContext(environment),
    output(name, value) {
      const file = environment.GITHUB_OUTPUT;
      // Started by hand: a person wants to see what a workflow would get.
      if (!file) return logger.info(`output ${name}=${value}`);
      appendOutput(file, name, value);
    },
    summary(markdown) {
      const file = environment.GITHUB_STEP_SUMMARY;
      if (file) appendSummary(file, markdown);
    },
  };
}

function secretForms(secret: string): Set<string> {
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const inAddress = isAddress(secret) ? passwordForms(secret) : [encodeURIComponent(secret.trim().toWellFormed())];
  const forms = [secret, ...(lines.length > 1 ? lines : []), ...inAddress, ...pathForms(secret)];
  return new Set(forms.filter((form) => form.length >= SHORTEST_SECRET));
}

function isAddress(secret: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(secret);
}

/** An incoming webhook is an address whose path is the secret; logs often show the path alone. */
function pathForms(secret: string): string[] {
  const url = /^https?:\/\//i.test(secret) ? URL.parse(secret) : null;
  const path = url === null ? '' : url.pathname + url.search;
  return path.length >= SHORTEST_SECRET * 3 ? [path] : [];
}

/**
 * The password of an address (`postgres://user:password@host`, `?password=`): as written, decoded, and as the address carries it
 * once it was read as a URL to add something.
 */
function passwordForms(address: string): string[] {
  const user = /^[^:]+:\/\/[^/@\s:]*:(.+)@[^@/\s]*(?:[/?#]|$)/.exec(address)?.[1] ?? '';
  const url = new URL('postgres://user@host/');
  url.password = user;
  const query = /[?&]password=([^&#\s]+)/.exec(address)?.[1] ?? '';
  const parameters = new URLSearchParams(`password=${query}`);
  const again = parameters.toString().slice('password='.length).replaceAll('+', '%20');
  return [user, decoded(user), url.password, query, parameters.get('password') ?? '', again];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
