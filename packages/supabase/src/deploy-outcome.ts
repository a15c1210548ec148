import type { FunctionPlan } from './plan-functions.ts';
import type { RestoreOutcome } from './restore-functions.ts';

/** What became of a deploy of functions. */
export interface DeployFunctionsOutcome {
  decision: 'deployed' | 'nothing-to-deploy' | 'planned' | 'refused' | 'failed';
  reasonCode: string;
  message: string;
  plan?: FunctionPlan;
  /** Live with their new version, proven. */
  deployed: { slug: string; version: number }[];
  /** Where the earlier functions lie. */
  references: string[];
  /** What was put back after a failure. */
  restore?: RestoreOutcome;
}
