import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { defaults } from '#config/defaults';
import type { EnvironmentSettings } from '#config/settings';
import { isProduction } from '#config/trust-limits';
import { placeOf } from '#release/read-environment';
import type { ReleaseHandle } from '#release/release-handle';
import type { Given } from './services.ts';

/** A configuration that cannot be read was refused already; the end must still be told. */
export async function settingsOf(runner: Runner, given: Given): Promise<EnvironmentSettings> {
  try {
    return await loadSettings(runner, given);
  } catch {
    const none = { vercel: {}, database: {}, health: {}, smoke: {}, watch: {}, release: {}, slack: {} };
    const environment = given.environment ?? '';
    return { environment, production: isProduction(environment, given.throwAway), ...none };
  }
}

/** What is needed to say what serves now where no release was opened. */
export function withoutRelease(
  { context, clock }: Runner,
  settings: EnvironmentSettings,
  version: string,
): ReleaseHandle {
  return {
    schemaVersion: 1,
    key: '-',
    environment: settings.environment,
    production: settings.production,
    ...placeOf(settings),
    ledgerId: 0,
    repository: context.repository,
    runId: context.runId,
    commit: context.sha,
    version,
    openedAt: clock.now(),
    autoAssign: true,
    url: settings.url ?? '',
    mode: settings.watch.mode ?? defaults.watch.mode,
    firstDeployment: false,
  };
}
