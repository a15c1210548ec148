import type { RollbackTarget } from './release-handle.ts';

/** `v1.2.0 (dpl_…)`, for people. */
export function nameOf(target: Pick<RollbackTarget, 'deploymentId' | 'version'>): string {
  return target.version === undefined ? target.deploymentId : `${target.version} (${target.deploymentId})`;
}
