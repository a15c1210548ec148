/** One mistake in a configuration file. Lines and columns start at 1. */
export interface ConfigProblem {
  file: string;
  line: number;
  column?: number;
  /** Where in the file, e.g. `environments.staging.watch.window`; empty for the file as a whole. */
  path: string;
  message: string;
  allowed?: string;
}

/** All mistakes of the configuration at once, sorted by file and line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly reasonCode = 'bad_config';
  readonly problems: ConfigProblem[];

  constructor(problems: ConfigProblem[]) {
    const sorted = [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
    super(sorted.map(describeConfigProblem).join('\n'));
    this.problems = sorted;
  }
}

/** `file:line:column path: message. Allowed: …` */
export function describeConfigProblem({ file, line, column, path, message, allowed }: ConfigProblem): string {
  const place = `${file}:${line}${column === undefined ? '' : `:${column}`}`;
  return `${place} ${path ? `${path}: ` : ''}${message}${allowed ? `. Allowed: ${allowed}` : ''}`;
}
