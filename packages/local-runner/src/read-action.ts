import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MappingToken } from '@actions/workflow-parser/templates/tokens/mapping-token';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/template-token';
import type { GitHubLibraries } from './github-libraries.ts';
import type { ActionDefinition, CompositeRuns, NodeRuns, StepDefinition, Value } from './step-definition.ts';
import { ActionError, UnsupportedError } from './unsupported-error.ts';

/** Reads `action.yml` (or `action.yaml`) of a folder. Throws ActionError with all schema errors, UnsupportedError for other kinds of action. */
export function readAction(libraries: GitHubLibraries, directory: string): ActionDefinition {
  const file = [join(directory, 'action.yml'), join(directory, 'action.yaml')].find((path) => existsSync(path));
  if (file === undefined) {
    throw new ActionError(`There is no action.yml in ${directory}. Give the folder of an action, for example deploy.`);
  }
  const parsed = libraries.actions.parseAction(
    { name: file, content: readFileSync(file, 'utf8') },
    new libraries.trace.NoOperationTraceWriter(),
  );
  const reader = new ActionReader(libraries, parsed.context, file);
  const definition = parsed.value === undefined ? undefined : reader.readRoot(parsed.value);
  const errors = parsed.context.errors.getErrors();
  if (errors.length > 0 || definition === undefined) {
    const listed = errors.map((error) => `  ${error.prefix ? `${error.prefix}: ` : ''}${error.rawMessage}`).join('\n');
    throw new ActionError(`${file} is not a valid action:\n${listed}`);
  }
  return definition;
}

type TemplateContext = ReturnType<GitHubLibraries['actions']['parseAction']>['context'];

/** Turns the token tree into plain data. The package's own model drops `with`, `shell` and `working-directory`. */
class ActionReader {
  readonly libraries: GitHubLibraries;
  readonly context: TemplateContext;
  readonly file: string;

  constructor(libraries: GitHubLibraries, context: TemplateContext, file: string) {
    this.libraries = libraries;
    this.context = context;
    this.file = file;
  }

  readRoot(root: TemplateToken): ActionDefinition | undefined {
    const entries = this.entries(root);
    const runs = entries.get('runs');
    if (runs === undefined) return undefined;
    return {
      name: this.text(entries.get('name')) ?? '',
      inputs: [...this.entries(entries.get('inputs'))].map(([id, token]) => this.readInput(id, token)),
      outputs: [...this.entries(entries.get('outputs'))].map(([id, token]) => {
        const value = this.entries(token).get('value');
        return { id, ...(value ? { value: this.value(value) } : {}) };
      }),
      runs: this.readRuns(this.entries(runs)),
    };
  }

  readInput(id: string, token: TemplateToken): ActionDefinition['inputs'][number] {
    const entries = this.entries(token);
    const fallback = entries.get('default');
    const deprecated = this.text(entries.get('deprecationMessage'));
    return {
      id,
      ...(fallback ? { default: this.value(fallback) } : {}),
      ...(deprecated ? { deprecationMessage: deprecated } : {}),
    };
  }

  readRuns(entries: Map<string, TemplateToken>): CompositeRuns | NodeRuns {
    const using = this.text(entries.get('using')) ?? '';
    if (using === 'composite') return { using, steps: this.readSteps(entries.get('steps')) };
    if (using !== 'node24') {
      throw new UnsupportedError(
        `${this.file}: runs.using "${using}" is not supported here; supported: composite, node24.`,
      );
    }
    const pre = this.text(entries.get('pre'));
    const post = this.text(entries.get('post'));
    return {
      using,
      main: this.text(entries.get('main')) ?? '',
      ...(pre ? { pre } : {}),
      preIf: this.readRunsCondition('pre-if', entries.get('pre-if')),
      ...(post ? { post } : {}),
      postIf: this.readRunsCondition('post-if', entries.get('post-if')),
    };
  }

  readRunsCondition(key: string, token: TemplateToken | undefined): string {
    if (token === undefined) return 'always()';
    if (this.libraries.guards.isBasicExpression(token)) {
      throw new UnsupportedError(`${this.file}: write ${key} without \${{ }}; GitHub's runner takes it as plain text.`);
    }
    return this.text(token) ?? 'always()';
  }

  readSteps(token: TemplateToken | undefined): StepDefinition[] {
    if (token === undefined || !this.libraries.guards.isSequence(token)) return [];
    const ids = new Set<string>();
    const steps: StepDefinition[] = [];
    for (const item of token) {
      const step = this.readStep(item);
      if (step.id !== undefined && ids.has(step.id.toLowerCase())) {
        this.context.error(
          item,
          new Error(`The step id '${step.id}' is used twice; ids must be unique in one action.`),
        );
      }
      if (step.id !== undefined) ids.add(step.id.toLowerCase());
      steps.push(step);
    }
    return steps;
  }

  readStep(token: TemplateToken): StepDefinition {
    const entries = this.entries(token);
    const condition = entries.get('if');
    const expression = condition && this.libraries.conditions.convertToIfCondition(this.context, condition);
    const id = this.text(entries.get('id'));
    const uses = this.text(entries.get('uses'));
    const optional = (key: string): Value | undefined => {
      const found = entries.get(key);
      return found === undefined ? undefined : this.value(found);
    };
    return {
      ...(id ? { id } : {}),
      condition: expression?.expression ?? 'success()',
      env: this.pairs(entries.get('env')),
      with: this.pairs(entries.get('with')),
      ...(uses ? { uses } : {}),
      ...given('name', optional('name')),
      ...given('run', optional('run')),
      ...given('shell', optional('shell')),
      ...given('workingDirectory', optional('working-directory')),
      ...given('continueOnError', optional('continue-on-error')),
    };
  }

  pairs(token: TemplateToken | undefined): [string, Value][] {
    return [...this.entries(token)].map(([key, value]) => [key, this.value(value)]);
  }

  entries(token: TemplateToken | undefined): Map<string, TemplateToken> {
    const entries = new Map<string, TemplateToken>();
    if (token === undefined || !this.libraries.guards.isMapping(token)) return entries;
    for (const { key, value } of token as MappingToken) {
      if (key.isExpression)
        throw new UnsupportedError(`${this.file}: an expression as a key (${key.toString()}) is not supported here.`);
      entries.set(key.toString(), value);
    }
    return entries;
  }

  text(token: TemplateToken | undefined): string | undefined {
    return token !== undefined && this.libraries.guards.isLiteral(token) ? token.toString() : undefined;
  }

  value(token: TemplateToken): Value {
    const { guards } = this.libraries;
    if (guards.isBasicExpression(token)) return { kind: 'expression', expression: token.expression };
    if (guards.isBoolean(token)) return { kind: 'boolean', value: token.value, text: token.toString() };
    if (guards.isLiteral(token)) return { kind: 'text', text: token.toString() };
    throw new UnsupportedError(`${this.file}: ${token.toString()} is not a scalar.`);
  }
}

function given<K extends string>(key: K, value: Value | undefined): { [P in K]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: Value };
}
