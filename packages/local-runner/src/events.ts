import type { Result } from './results.ts';

export type Stage = 'pre' | 'main' | 'post';

export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  message: string;
  title?: string;
  file?: string;
  line?: number;
}

interface EventOf<Kind extends string> {
  kind: Kind;
  /** Milliseconds since the epoch. */
  at: number;
  /** Ids (or names) from the action that was started down to the step: deploy, rollback, roll-back. */
  path: string[];
}

/** What happens while it happens; every text has its secrets masked. */
export type RunnerEvent =
  | (EventOf<'step-started'> & { stage: Stage; name: string; uses?: string })
  | (EventOf<'step-ended'> & { step: StepReport })
  | (EventOf<'line'> & { stream: 'stdout' | 'stderr'; text: string })
  | (EventOf<'annotation'> & Annotation)
  | (EventOf<'summary'> & { text: string });

export interface StepReport {
  id?: string;
  name: string;
  path: string[];
  stage: Stage;
  uses?: string;
  /** Before `continue-on-error` was applied. */
  outcome: Result;
  conclusion: Result;
  outputs: Record<string, string>;
  /** Milliseconds since the epoch. */
  startedAt: number;
  endedAt: number;
  error?: string;
}

export interface RunReport {
  conclusion: Exclude<Result, 'skipped'>;
  outputs: Record<string, string>;
  /** Every step that was reached, in the order of its end, nested ones before the composite that holds them. */
  steps: StepReport[];
  annotations: (Annotation & { path: string[] })[];
  /** Why nothing ran: the action could not be read, or needs what this runner does not support. */
  error?: string;
}
