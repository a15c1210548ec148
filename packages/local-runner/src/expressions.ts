import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { Value } from './step-definition.ts';

type Data = ReturnType<Evaluator['evaluate']>;

/** Values by context name (github, inputs, steps, …); a Map keeps its keys' case, as `env` does on Linux. */
export type Contexts = Partial<Record<ContextName, unknown>>;
export type ContextName = (typeof contextNames)[number];
const contextNames = ['github', 'inputs', 'strategy', 'matrix', 'steps', 'job', 'runner', 'env'] as const;

/** The functions that belong to the runner and not to the language. */
export interface RunnerFunctions {
  success(): boolean;
  failure(): boolean;
  cancelled(): boolean;
  hashFiles(patterns: string[]): string;
}

export interface EvaluationScope {
  contexts: Contexts;
  functions: RunnerFunctions;
}

/** Evaluates one expression without `${{ }}`. Throws what GitHub's library throws (bad JSON, unknown names, …). */
export function evaluateExpression(expression: string, scope: EvaluationScope): Data {
  const tokens = new Lexer(expression).lex().tokens;
  for (const token of tokens) {
    // Defect of 0.3.61: only the first '' of a literal is unescaped.
    if (token.lexeme.startsWith("'")) token.value = token.lexeme.slice(1, -1).replaceAll("''", "'");
  }
  const functions = functionTable(scope.functions);
  const tree = new Parser(tokens, [...contextNames], functions).parse();
  const table = new Map(functions.map((entry) => [entry.name.toLowerCase(), entry]));
  return new Evaluator(tree, new LazyContexts(scope.contexts), table).evaluate();
}

/** True where GitHub would run the step. */
export function evaluateCondition(expression: string, scope: EvaluationScope): boolean {
  const result = evaluateExpression(expression, scope);
  if (result instanceof data.StringData) return result.value !== '';
  if (result instanceof data.BooleanData) return result.value;
  if (result instanceof data.NumberData) return result.value !== 0 && !Number.isNaN(result.value);
  return !(result instanceof data.Null);
}

/** The text of a scalar; an object or array is an error, as in the runner. */
export function evaluateText(value: Value | undefined, scope: EvaluationScope): string {
  if (value === undefined) return '';
  if (value.kind !== 'expression') return value.text;
  const result = evaluateExpression(value.expression, scope);
  if (!result.primitive)
    throw new Error(`The expression '${value.expression}' gives an object or array where a text is expected.`);
  return result.coerceString();
}

/** For `continue-on-error`: only a real boolean counts, `'true'` as text is refused, as in the runner. */
export function evaluateBoolean(value: Value, scope: EvaluationScope): boolean {
  if (value.kind === 'boolean') return value.value;
  if (value.kind === 'expression') {
    const result = evaluateExpression(value.expression, scope);
    if (result instanceof data.BooleanData) return result.value;
  }
  throw new Error('A boolean value was expected.');
}

function functionTable(functions: RunnerFunctions) {
  const answer = (name: string, call: () => boolean) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: (): Data => new data.BooleanData(call()),
  });
  return [
    answer('always', () => true),
    answer('success', functions.success),
    answer('failure', functions.failure),
    answer('cancelled', functions.cancelled),
    {
      name: 'hashFiles',
      minArgs: 1,
      maxArgs: 255,
      call: (...given: Data[]): Data =>
        new data.StringData(functions.hashFiles(given.map((item) => item.coerceString()))),
    },
    {
      // The package's own loses a key named `constructor`.
      name: 'fromJSON',
      minArgs: 1,
      maxArgs: 1,
      call: (given: Data): Data => {
        const text = given.coerceString();
        if (text.trim() === '') throw new Error('fromJSON was given an empty text.');
        return toData(JSON.parse(text));
      },
    },
  ];
}

/** Converts a context only when an expression names it: `github.event` may be large. */
class LazyContexts extends data.Dictionary {
  readonly contexts: Contexts;

  constructor(contexts: Contexts) {
    super();
    this.contexts = contexts;
  }

  override get(name: string): Data {
    const known = contextNames.find((candidate) => candidate === name.toLowerCase());
    return toData(known === undefined ? undefined : this.contexts[known]);
  }
}

class CaseSensitiveDictionary extends data.Dictionary {
  readonly entries: Map<string, Data>;

  constructor(entries: Map<string, Data>) {
    super(...[...entries].map(([key, value]) => ({ key, value })));
    this.entries = entries;
  }

  override get(key: string): Data | undefined {
    return this.entries.get(key);
  }
}

/** Plain values to the package's data. A key like `constructor` must survive, so the index gets no prototype. */
export function toData(value: unknown): Data {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  if (value instanceof Map)
    return new CaseSensitiveDictionary(new Map([...value].map(([key, item]) => [key, toData(item)])));
  const dictionary = new data.Dictionary();
  Reflect.set(dictionary, 'indexMap', Object.create(null));
  for (const [key, item] of Object.entries(value)) dictionary.add(key, toData(item));
  return dictionary;
}
