import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
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

/** Joins inputs, settings and the suite file; throws InputError with every problem. */
export async function planSuite(
  given: InputValues<typeof inputs>,
  settings: Pick<EnvironmentSettings, 'url' | 'smoke' | 'environment'>,
  workspace: string,
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
  const configured = explicit ? await suiteOf(given.suite, workspace, problems) : (settings.smoke.checks ?? []);
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

async function suiteOf(
  suite: string | undefined,
  workspace: string,
  problems: InputError['problems'],
): Promise<CheckSettings[]> {
  if (suite === undefined) return [];
  try {
    return await readSuite(suite, await readFile(resolve(workspace, suite), 'utf8'));
  } catch (error) {
    const found = error instanceof SuiteError ? error.problems : [`cannot be read: ${(error as Error).message}`];
    problems.push(...found.map((message) => ({ name: 'suite', given: suite, message })));
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
