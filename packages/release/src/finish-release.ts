import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import type { ReleaseDecision } from './decide-release-outcome.ts';
import type { Serving } from './last-line.ts';
import { openLedger } from './ledger.ts';
import { stateOfDecision } from './ledger-state.ts';
import { type Lock, readOpenLocks } from './lock.ts';
import { type EnvironmentPlace, readServed } from './move-domains.ts';
import type { ReleaseHandle } from './release-handle.ts';

export interface Closing {
  /** Undefined when Vercel did not say, or when nothing is served. */
  serving: Serving | undefined;
  /** Vercel said that no deployment is behind the address. */
  servesNothing: boolean;
  openLocks: readonly Lock[];
  /** True when the project's auto-assign is what it was before the release. */
  autoAssignRestored: boolean;
  warnings: string[];
}

/** What the environment serves now, under which name, since when. @throws VercelError. */
export async function readServingNow(
  project: VercelProject,
  place: EnvironmentPlace,
  names: readonly { deploymentId: string; version?: string | undefined }[],
): Promise<Serving | undefined> {
  const state = await project.readState();
  const { deploymentId } = await readServed(project, place, state);
  if (deploymentId === undefined) return undefined;
  const named = names.find((entry) => entry.deploymentId === deploymentId);
  const request = state.lastAliasRequest;
  const moved = place.as === 'production' && request?.toDeploymentId === deploymentId ? request.requestedAt : undefined;
  const deployment =
    named?.version === undefined || moved === undefined ? await project.deployment(deploymentId) : undefined;
  const version = named?.version ?? deployment?.meta.opsVersion;
  // A project's first deployment is live at once: no move tells when.
  const since = moved ?? (place.as === 'production' && request === undefined ? deployment?.createdAt : undefined);
  return {
    deploymentId,
    ...(version === undefined ? {} : { version }),
    ...(since === undefined ? {} : { since }),
  };
}

/**
 * Leaves the environment as it was found: auto-assign restored unless a lock holds (S2, trap 2). What cannot be read or
 * written is a warning: the release has ended all the same.
 */
export async function settleEnvironment(
  deps: { github: GitHub | undefined; project: VercelProject | undefined },
  handle: EnvironmentPlace & Pick<ReleaseHandle, 'environment' | 'autoAssign'>,
  given: { moved: boolean; names: readonly { deploymentId: string; version?: string | undefined }[] },
): Promise<Closing> {
  const { github, project } = deps;
  const warnings: string[] = [];
  const asked =
    project === undefined
      ? undefined
      : readServingNow(project, handle, given.names).then((found) => found ?? 'nothing');
  const [served, openLocks] = await Promise.all([
    asked === undefined ? undefined : attempt(warnings, 'Vercel does not say what is served', asked),
    github === undefined
      ? undefined
      : attempt(warnings, 'The lock could not be read', readOpenLocks(github, handle.environment)),
  ]);
  // Where the lock cannot be read auto-assign stays as it is: switching it on under a lock would be worse.
  const mayRestore = project !== undefined && handle.as === 'production' && given.moved && openLocks?.length === 0;
  const restored = mayRestore
    ? await attempt(warnings, 'Auto-assignment of domains could not be restored', restore(project, handle.autoAssign))
    : !given.moved;
  return {
    serving: served === 'nothing' ? undefined : served,
    servesNothing: served === 'nothing',
    openLocks: openLocks ?? [],
    autoAssignRestored: restored ?? false,
    warnings,
  };
}

async function restore(project: VercelProject, original: boolean): Promise<boolean> {
  const { autoAssign } = await project.readState();
  if (autoAssign !== original) await project.setAutoAssign(original);
  return true;
}

/** Writes the last word of a release; a staged one, and one about which people are asked, stay open for the job that resumes it. */
export async function closeLedger(
  github: GitHub,
  handle: ReleaseHandle,
  given: { decision: ReleaseDecision; reasonCode: string; environmentUrl?: string | undefined },
): Promise<void> {
  const { decision, reasonCode, environmentUrl } = given;
  const ledger = openLedger(github, handle);
  const options = { state: stateOfDecision(decision), ...(environmentUrl ? { environmentUrl } : {}) };
  if (decision === 'staged') return await ledger.record('stage', 'outcome', 'staged', '', options);
  if (decision === 'asked') return;
  await ledger.record('release', 'outcome', decision, reasonCode, options);
}

/** Runs what must not end a release; its failure is kept as a warning. */
export async function attempt<T>(warnings: string[], what: string, promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    warnings.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
