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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function reasonCodeOf(error: unknown, otherwise: string): string {
  const code = (error as { reasonCode?: unknown } | null)?.reasonCode;
  return typeof code === 'string' ? code : otherwise;
}
