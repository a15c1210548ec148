import { openKeptFiles } from '#action-kit/kept-files';
import type { Runner } from '#action-kit/runner';
import type { CheckSettings, EnvironmentSettings } from '#config/settings';
import { resolveCheck } from '#probe/check';
import { runProbe } from '#probe/probe';
import type { DeployDependencies } from '#supabase/deploy-functions';
import { openEdgeFunctions, type SupabaseConnection } from '#supabase/edge-functions';
import { projectAddress } from '#supabase/functions-address';
import { verifyFunction } from '#supabase/verify-function';

/** The adapters of a deploy: API, probes, store, ledger. */
export function openAdapters(
  runner: Runner,
  given: {
    connection: SupabaseConnection;
    settings: EnvironmentSettings;
    snapshotPath?: string | undefined;
    githubToken?: string | undefined;
    record: DeployDependencies['record'];
  },
): DeployDependencies {
  const { clock, signal, logger } = runner;
  const { connection, record } = given;
  const functions = openEdgeFunctions(connection);
  const projectUrl = projectAddress(connection.apiUrl, connection.project);
  const store = openKeptFiles(runner, { directory: given.snapshotPath, githubToken: given.githubToken });
  return {
    functions,
    verify: (slug, version) => verifyFunction(slug, version, { functions, projectUrl, clock, signal }),
    check: () => runChecks(given.settings.functions?.checks ?? [], projectUrl, runner),
    keeper: { store, token: connection.token, project: connection.project },
    record,
    now: () => clock.now(),
    log: logger.info,
  };
}

/** The configured checks, in order; the first complaint. */
async function runChecks(
  checks: readonly CheckSettings[],
  baseUrl: string,
  { clock, signal }: Runner,
): ReturnType<DeployDependencies['check']> {
  for (const settings of checks) {
    const check = resolveCheck(settings, { baseUrl });
    // The project's own address; the sandbox's is one of this machine.
    const { outcome, message, name } = await runProbe(check, {
      listedHosts: new Set([new URL(baseUrl).host]),
      clock,
      signal,
    });
    if (outcome !== 'pass') return { reasonCode: 'function_unhealthy', message: `${name}: ${message}` };
  }
  return undefined;
}
