/** One mistake of a workflow author. `given` is never the value of a secret. */
export interface InputProblem {
  name: string;
  given?: string;
  message: string;
  allowed?: string;
}

/** All mistakes in the inputs or the configuration at once; ends the action with decision could-not-run, reason bad_input. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly problems: InputProblem[];

  constructor(problems: InputProblem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

/** One line: name, what is wrong, what was given, what is allowed. */
export function describeProblem({ name, given, message, allowed }: InputProblem): string {
  const tail = [
    given === undefined ? '' : ` (given: ${JSON.stringify(given)})`,
    allowed ? `. Allowed: ${allowed}` : '',
  ];
  return `${name}: ${message}${tail.join('')}`;
}
