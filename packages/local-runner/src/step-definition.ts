/** A scalar of action.yml: fixed text, a fixed boolean, or one expression (mixed text was turned into `format(…)`). */
export type Value =
  | { kind: 'text'; text: string }
  | { kind: 'boolean'; value: boolean; text: string }
  | { kind: 'expression'; expression: string };

/** One step of a composite action as it is written. */
export interface StepDefinition {
  id?: string;
  name?: Value;
  /** Already wrapped in `success() && (…)` where the author named no status function. */
  condition: string;
  continueOnError?: Value;
  env: [string, Value][];
  with: [string, Value][];
  uses?: string;
  run?: Value;
  shell?: Value;
  workingDirectory?: Value;
}

/** What an action.yml says, without execution. */
export interface ActionDefinition {
  name: string;
  inputs: { id: string; default?: Value; deprecationMessage?: string }[];
  outputs: { id: string; value?: Value }[];
  runs: CompositeRuns | NodeRuns;
}

export interface CompositeRuns {
  using: 'composite';
  steps: StepDefinition[];
}

export interface NodeRuns {
  using: 'node24';
  main: string;
  pre?: string;
  /** Evaluated as written, never wrapped; `always()` when absent. */
  preIf: string;
  post?: string;
  postIf: string;
}
