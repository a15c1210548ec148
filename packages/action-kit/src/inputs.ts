import { parseDuration } from '#config/parse-duration';
import { parseRate } from '#config/parse-rate';
import { InputError, type InputProblem } from './input-error.ts';
import type { Runner } from './runner.ts';

export { InputError } from './input-error.ts';

/** One input as data; action.yml says the same, held equal by test/action-contract.test.ts. */
export interface InputDefinition<T> {
  kind: 'text' | 'list' | 'duration' | 'rate' | 'integer' | 'flag' | 'one-of' | 'secret';
  required: boolean;
  /** As written in action.yml. */
  default?: string;
  /** What is allowed, for the error message. */
  allowed: string;
  /** Throws an Error whose message says what is wrong with the text. */
  parse(text: string): T;
}

export type InputDefinitions = Record<string, InputDefinition<unknown>>;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type Given<D> = D extends Optional<infer T> ? T | undefined : D extends InputDefinition<infer T> ? T : never;

/** The values of the inputs under their camelCase names; an optional input that was not given is undefined. */
export type InputValues<D extends InputDefinitions> = { [K in keyof D as CamelCase<K & string>]: Given<D[K]> };

/** Marks, for the type only, an input that has neither `required` nor a default. */
interface Optional<T> extends InputDefinition<T> {
  optional: true;
}

interface Options<T> {
  required?: true;
  default?: T;
}
type Definition<T, O> = O extends { required: true } | { default: unknown } ? InputDefinition<T> : Optional<T>;

function define<T, O>(
  kind: InputDefinition<T>['kind'],
  options: { required?: true; default?: unknown },
  allowed: string,
  parse: (text: string) => T,
): Definition<T, O> {
  const required = options.required === true;
  const standard = options.default === undefined ? {} : { default: String(options.default) };
  return { kind, required, ...standard, allowed, parse } as Definition<T, O>;
}

/** Any text; with `pattern` only text that matches it, described by `allowed`. */
export function text<const O extends Options<string> & { pattern?: RegExp; allowed?: string }>(
  options: O = {} as O,
): Definition<string, O> {
  const allowed = options.allowed ?? 'text';
  return define('text', options, allowed, (given) => {
    if (options.pattern && !options.pattern.test(given)) throw new Error('has the wrong form');
    return given;
  });
}

/** One entry per line; empty lines and lines that start with # are left out. */
export function list<const O extends Options<string>>(options: O = {} as O): Definition<string[], O> {
  return define('list', options, 'one entry per line', (given) =>
    given
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
}

/** Milliseconds from `15m`, `90s`, `250ms`, `2h`. */
export function duration(): Optional<number>;
export function duration(standard: string): InputDefinition<number>;
export function duration<const O extends Options<string>>(options: O): Definition<number, O>;
export function duration(given: string | Options<string> = {}): InputDefinition<number> {
  const options = typeof given === 'string' ? { default: given } : given;
  return define('duration', options, 'a duration such as 250ms, 90s, 15m or 2h', parseDuration);
}

/** A share from `2%` or `0.02`. */
export function rate<const O extends Options<string>>(options: O = {} as O): Definition<number, O> {
  return define('rate', options, 'a rate such as 2% or 0.02', parseRate);
}

/** A whole number within its bounds. */
export function integer<const O extends Options<number> & { min?: number; max?: number }>(
  options: O = {} as O,
): Definition<number, O> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const allowed =
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`;
  return define('integer', options, allowed, (given) => {
    const number = Number(given);
    if (!/^-?\d+$/.test(given)) throw new Error('is not a whole number');
    if (number < min || number > max) throw new Error('is out of range');
    return number;
  });
}

/** true or false, in any spelling that YAML 1.2 core knows. */
export function flag(standard: boolean): InputDefinition<boolean>;
export function flag<const O extends Options<boolean>>(options?: O): Definition<boolean, O>;
export function flag(given: boolean | Options<boolean> = {}): InputDefinition<boolean> {
  const options = typeof given === 'boolean' ? { default: given } : given;
  return define('flag', options, 'true or false', (value) => {
    if (/^(true|True|TRUE)$/.test(value)) return true;
    if (/^(false|False|FALSE)$/.test(value)) return false;
    throw new Error('is neither true nor false');
  });
}

/** One word of a closed set. */
export function oneOf<const V extends readonly string[], const O extends Options<V[number]>>(
  values: V,
  options: O = {} as O,
): Definition<V[number], O> {
  return define('one-of', options, values.join(', '), (given) => {
    if (!values.includes(given)) throw new Error('is not one of the known words');
    return given as V[number];
  });
}

/** A secret: masked before its first use; '' counts as not given, under 4 characters is refused (S15). Never has a default. */
export function secret<const O extends { required?: true }>(options: O = {} as O): Definition<string, O> {
  return define('secret', options, 'at least 4 characters', (given) => {
    if (given.length < 4) throw new Error('is too short to be a secret; it would hide ordinary words in the log');
    return given;
  });
}

/** The run's own token; action.yml gives it as `${{ github.token }}`. */
export function githubToken(): Optional<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub, not of JavaScript
  return { ...secret(), default: '${{ github.token }}' };
}

/**
 * The inputs of every action that reads ops.yml (design §4). `throw-away` goes to all of them: a file that one step refuses
 * for production and another does not would end a release half way.
 */
export const commonInputs = {
  config: text(),
  environment: text(),
  'throw-away': flag(false),
} satisfies InputDefinitions;

/** How a policy is named. */
export const policyForm = 'owner/repository/path@<40-hex commit>, or ./path@<40-hex commit> in this repository';

/** Of every action that ops.yml could make less strict: floors that it cannot lower. */
export const policyInput = {
  policy: text({
    pattern: /^(?!.*\/\.\.?\/)(?:\.\/|[\w-][\w.-]*\/[\w.-]+\/)[^@\s]+@[0-9a-f]{40}$/,
    allowed: policyForm,
  }),
} satisfies InputDefinitions;

/** Reads all inputs, masking secrets first; throws InputError with every problem at once. */
export function readInputs<D extends InputDefinitions>(runner: Runner, definitions: D): InputValues<D> {
  const { values, problems } = tryInputs(runner, definitions);
  if (problems.length > 0) throw new InputError(problems);
  return values;
}

/**
 * As readInputs, for the step that must tell how a run ended whatever was given wrong: an input that cannot be used counts
 * as not given, and its problem is handed back.
 */
export function tryInputs<D extends InputDefinitions>(
  runner: Runner,
  definitions: D,
): { values: InputValues<D>; problems: InputProblem[] } {
  const problems: InputProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.kind !== 'secret') continue;
    runner.mask(runner.input(name));
  }
  for (const [name, definition] of Object.entries(definitions)) {
    const isSecret = definition.kind === 'secret';
    const standard = isSecret ? '' : (definition.default ?? '');
    const given = runner.input(name) || standard;
    if (given === '') {
      if (definition.required)
        problems.push({ name, message: 'is required and was not given', allowed: definition.allowed });
      continue;
    }
    try {
      values[camelCase(name)] = definition.parse(given);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push({ name, message, allowed: definition.allowed, ...(isSecret ? {} : { given }) });
      if (standard !== '') values[camelCase(name)] = definition.parse(standard);
    }
  }
  return { values: values as InputValues<D>, problems };
}

function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
