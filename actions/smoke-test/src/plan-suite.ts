import { InputError } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import type { CheckSettings, EnvironmentSettings } from '#config/settings';
import { type Check, CheckError, resolveCheck } from '#probe/check';
import { readSuite, SuiteError } from '#probe/read-suite';
import { CommandError, splitCommand } from '#probe/split-command';
import type { inputs } from './inputs.ts';

/** What a suite consists of. */
export interface SuitePlan {
  baseUrl: string;
  checks: Check[];
  command?: string | undefined;
}

/** Joins inputs, settings and the text of the suite file; throws InputError with every problem. */
export async function planSuite(
  given: InputValues<typeof inputs>,
  settings: Pick<EnvironmentSettings, 'url' | 'smoke' | 'environment'>,
  suiteText: string | undefined,
): Promise<SuitePlan> {
  const baseUrl = given.baseUrl ?? settings.url ?? '';
  if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
    const message = baseUrl === '' ? 'is required: nothing says which address is tested' : 'is not an address';
    throw new InputError([{ name: 'base-url', given: baseUrl, message, allowed: 'https://host' }]);
  }
  const problems: InputError['problems'] = [];
  // A suite or a command given explicitly replaces what ops.yml configures.
  const explicit = given.suite !== undefined || given.command !== undefined;
  const command = explicit ? given.command : settings.smoke.command;
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
  if (command) problems.push(...problemsOfCommand(command, { environment: settings.environment, url: baseUrl }));
  if (problems.length > 0) throw new InputError(problems);
  return { baseUrl: baseUrl.replace(/\/+$/, ''), checks, command };
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

function problemsOfCommand(command: string, values: { environment: string; url: string }): InputError['problems'] {
  try {
    splitCommand(command, values);
    return [];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ name: 'command', given: command, message: error.message }];
  }
}
