import type { EnvironmentSettings } from '#config/settings';
import { placeOf } from './read-environment.ts';
import type { ReleaseHandle } from './release-handle.ts';
import type { ReleaseRecord } from './release-record.ts';

/** The handle of a release whose own job is over, from its record. `url` is empty where ops.yml does not say it. Pure. */
export function handleOfRecord(
  release: ReleaseRecord,
  { settings, repository }: { settings: EnvironmentSettings; repository: string },
): ReleaseHandle {
  return {
    schemaVersion: 1,
    key: release.key,
    environment: settings.environment,
    production: settings.production,
    ...placeOf(settings),
    ledgerId: release.id,
    repository,
    runId: release.runId,
    commit: release.commit,
    treeSha: release.treeSha,
    version: release.version,
    openedAt: release.openedAt,
    rollbackTarget: release.rollbackTarget,
    // Unknown: off is what does no harm, a push then stays where it is.
    autoAssign: release.autoAssign ?? false,
    url: settings.url ?? '',
    slack: release.slack,
    mode: release.mode,
    firstDeployment: release.firstDeployment,
    ...(release.rehearsal === true ? { rehearsal: true } : {}),
  };
}
