import { InputError } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import type { VendorParts } from '#observe/sources/registry';
import { partsOfVendors } from '#observe/sources/vendor-parts';
import type { Given, WatchPlan } from './plan-watch.ts';

/** Addresses and tokens of the vendors of a plan. @throws InputError (S11). */
export function vendorParts(
  runner: Pick<Runner, 'environment'>,
  given: Given,
  settings: EnvironmentSettings,
  { sources, rules }: Pick<WatchPlan, 'sources' | 'rules'>,
  commit: string,
): VendorParts {
  const problems: InputError['problems'] = [];
  const judged = (name: string): boolean => rules.some(({ metric }) => metric === name);
  const numbers = { functionErrors: judged('function-errors'), apiResponseTime: judged('api-response-time') };
  const about = { sources, ...numbers, commit };
  const parts = partsOfVendors((service) => serviceAddress(runner, service), given, settings, about, problems);
  if (problems.length > 0) throw new InputError(problems);
  return parts;
}
