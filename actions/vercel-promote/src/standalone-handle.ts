import type { Runner } from '#action-kit/runner';
import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import { type EnvironmentPlace, readServed } from '#release/move-domains';
import { type ReleaseHandle, releaseKey } from '#release/release-handle';
import type { VercelProject } from '#vercel/project';

/** The handle of a promotion without a preflight: no ledger entry, and the way back is what its address serves now. */
export async function standaloneHandle(
  { context, clock }: Runner,
  settings: EnvironmentSettings,
  place: EnvironmentPlace,
  project: VercelProject,
): Promise<ReleaseHandle> {
  const { repository, repositoryId, runId, sha } = context;
  const { environment, production } = settings;
  const state = await project.readState();
  const { deploymentId: served } = await readServed(project, place, state);
  return {
    schemaVersion: 1,
    key: releaseKey({ repositoryId, environment, runId }),
    environment,
    production,
    as: place.as,
    host: place.host,
    ledgerId: 0,
    repository,
    runId,
    commit: sha,
    version: sha.slice(0, 7),
    openedAt: clock.now(),
    ...(served === undefined ? {} : { rollbackTarget: { deploymentId: served, adopted: true } }),
    // Fail closed: an unknown value is left off afterwards (trap 2).
    autoAssign: state.autoAssign ?? false,
    url: settings.url ?? '',
    mode: settings.watch.mode ?? defaults.watch.mode,
    firstDeployment: state.currentDeploymentId === undefined,
  };
}
