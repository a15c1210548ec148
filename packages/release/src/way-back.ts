import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { elapsed } from './elapsed.ts';
import { attempt } from './finish-release.ts';
import type { Serving } from './last-line.ts';
import { findNextTarget } from './next-target.ts';
import type { RollbackTarget } from './release-handle.ts';

export interface WayBackFacts {
  recorded: RollbackTarget | undefined;
  serving: Serving | undefined;
  /** Everything that is known to be bad: the release itself, what was tried and passed over. */
  bad: readonly string[];
}

/**
 * What a red end may propose to go back to: the recorded target, or, where that one serves and is sick or cannot be taken any
 * more, the next proven one. Undefined when none is left or none can be read, which is a warning.
 */
export async function wayBack(
  deps: { github: GitHub | undefined; project: VercelProject | undefined },
  settings: EnvironmentSettings,
  { recorded, serving, bad }: WayBackFacts,
  warnings: string[],
): Promise<Pick<RollbackTarget, 'deploymentId' | 'version'> | undefined> {
  const { github, project } = deps;
  const usable = recorded !== undefined && !bad.includes(recorded.deploymentId);
  if (usable && recorded.deploymentId !== serving?.deploymentId) return recorded;
  if (github === undefined || project === undefined) return undefined;
  const excluded = [...bad, ...(recorded === undefined ? [] : [recorded.deploymentId])];
  return await attempt(
    warnings,
    'The next proven deployment could not be looked for',
    findNextTarget({ github, project }, settings, excluded),
  );
}

/** From the decision to go back until it is verified; FRB-05. */
export const rollbackLimitMs = 5 * 60_000;

/** One sentence where the way back took longer than its limit; undefined when it was in time. Times in milliseconds. Pure. */
export function lateRollback(given: {
  startedAt: number | undefined;
  verifiedAt: number;
  limitMs: number | undefined;
}): string | undefined {
  const { startedAt, verifiedAt, limitMs = rollbackLimitMs } = given;
  if (startedAt === undefined || verifiedAt - startedAt <= limitMs) return undefined;
  return `LATE: the way back took ${elapsed(verifiedAt - startedAt)} from decision to proof, its limit is ${elapsed(limitMs)}`;
}
