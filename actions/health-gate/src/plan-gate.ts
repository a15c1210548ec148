import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import { defaults } from '#config/defaults';
import type { CheckSettings, EnvironmentSettings } from '#config/settings';
import { checksOfApps, readAppUrls } from '#probe/app-checks';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { parseJsonExpectations, parseStatuses } from '#probe/parse-expectations';
import type { inputs } from './inputs.ts';

/** A gate with everything decided but the outside world; times in milliseconds. */
export interface GatePlan {
  checks: Check[];
  /** True when nobody configured a check and GET / stands in. */
  standardCheck: boolean;
  baseUrl?: string | undefined;
  /** Hosts that the workflow file names itself (S20). */
  listedHosts: Set<string>;
  consecutive: number;
  intervalMs: number;
  deadlineMs: number;
}

/** Joins inputs, settings and defaults; throws InputError with every problem. */
export function planGate(
  given: InputValues<typeof inputs>,
  settings: Pick<EnvironmentSettings, 'url' | 'health' | 'apps'>,
): GatePlan {
  const { health } = settings;
  const problems: InputError['problems'] = [];
  const attempt = <T>(name: string, make: () => T): T | undefined => {
    try {
      return make();
    } catch (error) {
      problems.push({ name, message: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  };
  const status = attempt('expect-status', () => given.expectStatus && parseStatuses(given.expectStatus));
  const json = attempt('expect-json', () => given.expectJson && parseJsonExpectations(given.expectJson));
  const expectations = { ...(status && { status }), ...(json && { json }) };
  const baseUrl = given.baseUrl ?? settings.url;
  const configured: CheckSettings[] | undefined = given.urls?.map((path) => ({ path })) ?? health.checks;
  const timeoutMs = given.timeout ?? health.timeoutMs;
  const checks: Check[] = [];
  for (const check of configured ?? [{ path: '/' }]) {
    try {
      const defaults = { ...(baseUrl && { baseUrl }), ...(timeoutMs && { timeoutMs }) };
      checks.push(resolveCheck({ ...check, ...expectations }, defaults));
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      problems.push({ name: given.urls ? 'urls' : 'base-url', given: check.path, message: error.message });
    }
  }
  // Addresses given explicitly are all that is asked about.
  const apps = given.urls
    ? undefined
    : attempt('app-urls', () => checksOfApps(settings.apps, readAppUrls(given.appUrls), 'health', timeoutMs));
  checks.push(...(apps ?? []));
  if ((given.expectDeployment || (given.expectCommit && !given.commitPath)) && !(given.vercelToken && baseUrl)) {
    const message = 'is needed to ask which deployment serves (with base-url)';
    problems.push({ name: 'vercel-token', message, allowed: 'a Vercel token; for expect-commit also commit-path' });
  }
  if (problems.length > 0) throw new InputError(problems);
  return {
    checks,
    standardCheck: configured === undefined,
    baseUrl,
    listedHosts: hostsNamedBy(given),
    consecutive: given.consecutive ?? health.consecutive ?? defaults.health.consecutive,
    intervalMs: given.interval ?? health.intervalMs ?? defaults.health.intervalMs,
    deadlineMs: given.deadline ?? health.deadlineMs ?? defaults.health.deadlineMs,
  };
}

function hostsNamedBy(given: Pick<InputValues<typeof inputs>, 'baseUrl' | 'urls' | 'appUrls'>): Set<string> {
  const ofApps = (given.appUrls ?? []).map((line) => line.slice(line.indexOf('=') + 1));
  const hosts = [given.baseUrl, ...(given.urls ?? []), ...ofApps].map((text) => URL.parse(text ?? '')?.host ?? '');
  return new Set(hosts.filter((host) => host !== ''));
}
