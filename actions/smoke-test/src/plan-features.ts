import { InputError } from '#action-kit/inputs';
import type { EnvironmentSettings } from '#config/settings';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { baseUrlOf, type Given, problemsOfCommand } from './plan-suite.ts';

/** Critical features that have something to run. */
export interface FeaturePlan {
  baseUrl: string;
  features: { name: string; checks: Check[]; command?: string | undefined }[];
}

/** The critical features of ops.yml, or those that the input names; throws InputError with every problem. Pure. */
export function planFeatures(
  given: Given,
  settings: Pick<EnvironmentSettings, 'url' | 'smoke' | 'environment'>,
): FeaturePlan {
  const baseUrl = baseUrlOf(given, settings);
  const { features = [], timeoutMs: configured } = settings.smoke;
  const timeoutMs = given.timeout ?? configured;
  const runnable = features.filter(({ command, checks }) => command !== undefined || checks !== undefined);
  const known = runnable.map(({ name }) => name);
  const problems: InputError['problems'] = [];
  if ((given.suite ?? given.command) !== undefined) {
    const allowed = 'either tests: features, or suite and command';
    problems.push({ name: 'tests', given: given.tests, message: 'has its features from ops.yml', allowed });
  }
  if (known.length === 0) {
    const message = 'has nothing to run: ops.yml names no feature with a command or checks for this environment';
    problems.push({ name: 'tests', given: given.tests, message, allowed: 'smoke.features in .github/ops.yml' });
  }
  for (const name of (given.features ?? []).filter((each) => !known.includes(each))) {
    const message = 'is no feature with a command or checks';
    problems.push({ name: 'features', given: name, message, allowed: known.join(', ') || 'none' });
  }
  const planned = runnable
    .filter(({ name }) => given.features === undefined || given.features.includes(name))
    .map(({ name, command, checks = [] }) => {
      if (command) problems.push(...problemsOfCommand(command, { environment: settings.environment, url: baseUrl }));
      const resolved = checks.flatMap((check) => {
        try {
          return resolveCheck(check, { baseUrl, ...(timeoutMs && { timeoutMs }) });
        } catch (error) {
          if (!(error instanceof CheckError)) throw error;
          problems.push({ name: 'features', given: name, message: error.message });
          return [];
        }
      });
      return { name, checks: resolved, command };
    });
  if (problems.length > 0) throw new InputError(problems);
  return { baseUrl, features: planned };
}
