import type { ChecklistItem } from '#release/rollback-checklist';
import { readChecklist } from './read-checklist.ts';
import type { Given } from './services.ts';

export interface RollbackResult {
  /** Milliseconds since the epoch. */
  startedAt?: number;
  swappedAt?: number;
  /** When people were told that the swap starts. */
  announcedAt?: number;
  to?: string;
  /** Targets that could not be taken any more. */
  passedOver: string[];
  /** Steps of the scenario that the rollback is part of, in their order. */
  scenario?: ChecklistItem[];
}

/** What later lines need of the rollback step's `result`; empty where there is none. Pure. */
export function readRollback(json: string | undefined): RollbackResult {
  try {
    const { startedAt, swappedAt, announcedAt, to, passedOver, scenario } = JSON.parse(json ?? '{}') as Record<
      string,
      unknown
    >;
    const steps = readChecklist(scenario);
    const ids = Array.isArray(passedOver)
      ? passedOver.map((entry: { deploymentId?: unknown } | null) => entry?.deploymentId)
      : [];
    return {
      ...(typeof startedAt === 'number' ? { startedAt: startedAt * 1000 } : {}),
      ...(typeof swappedAt === 'number' ? { swappedAt: swappedAt * 1000 } : {}),
      ...(typeof announcedAt === 'number' ? { announcedAt: announcedAt * 1000 } : {}),
      ...(typeof to === 'string' ? { to } : {}),
      passedOver: ids.filter((id) => typeof id === 'string'),
      ...(steps === undefined ? {} : { scenario: steps }),
    };
  } catch {
    return { passedOver: [] };
  }
}

/** Deployments that nobody should be sent back to: the release itself and what could not be taken. Pure. */
export function badOnes(given: Pick<Given, 'deploymentId' | 'rollbackReason'>, back: RollbackResult): string[] {
  const gone = given.rollbackReason === 'rollback_target_deleted' && back.to !== undefined ? [back.to] : [];
  return [...(given.deploymentId === undefined ? [] : [given.deploymentId]), ...back.passedOver, ...gone];
}
