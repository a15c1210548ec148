import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import type { CheckSettings, EnvironmentSettings } from '#config/settings';
import { checksOfApps, readAppUrls } from '#probe/app-checks';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { readSuite, SuiteError } from '#probe/read-suite';
import { CommandError, splitCommand } from '#probe/split-command';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;

/** What a suite consists of. */
export interface SuitePlan {
  baseUrl: string;
  checks: Check[];
  command?: string | undefined;
}

/** Joins inputs, settings and the text of the suite file; throws InputError with every problem. */
export async function planSuite(
  given: Given,
  settings: Pick<EnvironmentSettings, 'url' | 'smoke' | 'environment' | 'apps'>,
  suiteText: string | undefined,
): Promise<SuitePlan> {
  const baseUrl = baseUrlOf(given, settings);
  const problems: InputError['problems'] = [];
  const endToEnd = given.tests === 'end-to-end';
  // A suite or a command given explicitly replaces what ops.yml configures.
  const explicit = given.suite !== undefined || given.command !== undefined || endToEnd;
  const command = endToEnd ? settings.smoke.endToEnd : explicit ? given.command : settings.smoke.command;
  const configured = explicit ? await checksOf(given.suite, suiteText, problems) : (settings.smoke.checks ?? []);
  const timeoutMs = given.timeout ?? settings.smoke.timeoutMs;
  const checks: Check[] = [];
  for (const check of configured) {
    try {
      checks.push(resolveCheck(check, { baseUrl, ...(timeoutMs && { timeoutMs }) }));
    } catch (error) {
      if (!(error instanceof CheckError)) throw error;
      problems.push({ name: 'suite', given: check.path, message: error.message });
    }
  }
  if (!explicit) checks.push(...checksOfOthers(given, settings, timeoutMs, problems));
  if (endToEnd && (given.suite ?? given.command) !== undefined) {
    const allowed = 'either tests: end-to-end, or suite and command';
    problems.push({ name: 'tests', given: given.tests, message: 'has its command from ops.yml', allowed });
  }
  if (endToEnd && command === undefined) {
    const message = 'has no command: ops.yml names none for this environment';
    problems.push({ name: 'tests', given: given.tests, message, allowed: 'smoke.end-to-end in .github/ops.yml' });
  }
  if (command) problems.push(...problemsOfCommand(command, { environment: settings.environment, url: baseUrl }));
  if (problems.length > 0) throw new InputError(problems);
  return { baseUrl, checks, command };
}

/** The address under test, without trailing slash. @throws InputError. */
export function baseUrlOf(given: Pick<Given, 'baseUrl'>, settings: Pick<EnvironmentSettings, 'url'>): string {
  const baseUrl = given.baseUrl ?? settings.url ?? '';
  if (/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) return baseUrl.replace(/\/+$/, '');
  const message = baseUrl === '' ? 'is required: nothing says which address is tested' : 'is not an address';
  throw new InputError([{ name: 'base-url', given: baseUrl, message, allowed: 'https://host' }]);
}

function checksOfOthers(
  given: Given,
  { apps }: Pick<EnvironmentSettings, 'apps'>,
  timeoutMs: number | undefined,
  problems: InputError['problems'],
): Check[] {
  try {
    return checksOfApps(apps, readAppUrls(given.appUrls), 'smoke', timeoutMs);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    problems.push({ name: 'app-urls', message: error.message });
    return [];
  }
}

async function checksOf(
  suite: string | undefined,
  text: string | undefined,
  problems: InputError['problems'],
): Promise<CheckSettings[]> {
  if (suite === undefined) return [];
  try {
    if (text === undefined) throw new SuiteError(suite, ['it cannot be read: is the repository checked out?']);
    return await readSuite(suite, text);
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error;
    problems.push(...error.problems.map((message) => ({ name: 'suite', given: suite, message })));
    return [];
  }
}

/** What is wrong with a command line. Pure. */
export function problemsOfCommand(
  command: string,
  values: { environment: string; url: string },
): InputError['problems'] {
  try {
    splitCommand(command, values);
    return [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ name: 'command', given: command, message: error.message }];
  }
}
