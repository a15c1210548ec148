import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { writeAppUrls } from '#probe/app-checks';
import { isBackendConfigured } from '#release/backend/backend-findings';
import { nameOf } from '#release/name-of-target';
import { formatReleaseHandle, type ReleaseHandle } from '#release/release-handle';
import type { RollBackOutcome } from '#release/roll-back';
import type { VercelProject } from '#vercel/project';

/** What the later steps of rollback/action.yml need. */
export function commonOutputs(
  settings: EnvironmentSettings,
  project: VercelProject,
  given: {
    url: string;
    team?: string | undefined;
    handle?: ReleaseHandle;
    /** False where the app is no part of it: the backend goes with the app. */
    app?: boolean;
  },
): Record<string, string> {
  const { smoke, backend } = settings;
  return {
    url: given.url,
    'app-urls': writeAppUrls(settings.apps ?? []),
    smoke: smoke.command !== undefined || (smoke.checks ?? []).length > 0 ? 'configured' : 'not-configured',
    backend: given.app !== false && isBackendConfigured(backend) ? 'configured' : 'not-configured',
    'vercel-project': project.id,
    'vercel-team': given.team ?? settings.vercel.team ?? '',
    ...(given.handle === undefined ? {} : { release: formatReleaseHandle(given.handle) }),
  };
}

export interface RollbackStory {
  /** Why, one sentence. */
  reason: string;
  /** What made a release take itself back; by hand the rollback's own reason code stands. */
  reasonCode?: string;
  outputs: Record<string, string>;
}

/** People must hear that production is not on what was recorded as the way back. */
function insteadOf({ passedOver }: RollBackOutcome): string {
  const [first] = passedOver;
  if (first === undefined) return '';
  return `. It is NOT the recorded target: ${passedOver.map(nameOf).join(', ')} could not be gone back to any more (${first.reasonCode})`;
}

/** The further apps that went back with the first one, each with its own deployment. */
function together({ apps = [] }: RollBackOutcome): string {
  return apps
    .slice(1)
    .map(({ app, deploymentId }) => ` and ${app} to ${deploymentId}`)
    .join('');
}

/** The result of a rollback that was tried; times in Unix seconds. Only a failed one is red: deploy's last step tells the rest. */
export function describeRollback({ logger }: Runner, rollback: RollBackOutcome, story: RollbackStory): Result {
  for (const warning of rollback.warnings) logger.warning(warning);
  const { decision, message, from, to, lockId, startedAt, lockedAt, swappedAt, passedOver, announced, apps } = rollback;
  const took = swappedAt === undefined ? '' : ` in ${((swappedAt - startedAt) / 1000).toFixed(1)} s`;
  const done = decision === 'rolled-back';
  const unrecorded = rollback.unrecorded === undefined ? '' : `. ${rollback.unrecorded}`;
  return {
    decision,
    reasonCode: done && story.reasonCode !== undefined ? story.reasonCode : rollback.reasonCode,
    summary: done
      ? `Rolled back to ${nameOf(rollback.target)}${together(rollback)}${took}: ${story.reason}${insteadOf(rollback)}${unrecorded}`
      : message,
    failed: decision === 'failed',
    details: {
      from: from ?? null,
      to,
      reason: story.reason,
      startedAt: startedAt / 1000,
      ...(lockId === undefined ? {} : { lockId }),
      ...(lockedAt === undefined ? {} : { lockedAt: lockedAt / 1000 }),
      ...(swappedAt === undefined ? {} : { swappedAt: swappedAt / 1000 }),
      ...(announced === undefined ? {} : { announcedAt: announced.at / 1000 }),
      ...(passedOver.length === 0 ? {} : { passedOver }),
      requests: rollback.requests,
      ...(apps === undefined ? {} : { apps }),
      warnings: rollback.warnings,
    },
    outputs: { ...story.outputs, from: from ?? '', to },
  };
}
