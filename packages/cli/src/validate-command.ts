import { glob, readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type ConfigProblem, describeConfigProblem } from '#config/config-error';
import { readChain } from '#config/extend-chain';
import { ConfigError, environmentNames, loadConfig } from '#config/load-config';
import type { EnvironmentSettings } from '#config/settings';
import { commandLine } from '#release/command-line';
import { judgeBackupCaller, judgeVerificationCaller } from './judge-backup-caller.ts';
import { judgeRehearsalCaller } from './judge-rehearsal-caller.ts';
import { referenceReader } from './open-environment.ts';
import { say } from './terminal.ts';

interface ValidateOptions {
  config: string;
  environment?: string;
  throwAway?: true;
  json?: true;
}

/** Adds `validate`. Exit code 0 sound, 1 mistakes, 2 there is no such file. */
export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('check .github/ops.yml for every environment: all mistakes at once, each with its line')
    .option('--config <file>', 'the configuration', '.github/ops.yml')
    .option('--environment <name>', 'only this one; default all that the file names')
    .option('--throw-away', 'judge it as a workflow file does that says throw-away: true')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nGITHUB_TOKEN reads what the file extends from another private repository.')
    .action(async (options: ValidateOptions) => {
      process.exitCode = await validate(options);
    });
}

async function validate(options: ValidateOptions): Promise<number> {
  const { config: file, throwAway = false, json } = options;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    process.stderr.write(`ops-actions validate: there is no ${file}. Write one with: ${commandLine('init')}\n`);
    return 2;
  }
  const follow = referenceReader();
  const read = new Map<string, Promise<{ file: string; text: string }>>();
  const reference = async (name: string) => {
    const asked = read.get(name) ?? follow(name);
    read.set(name, asked);
    return await asked;
  };
  const declared = environmentNames(await readChain(file, text, reference));
  const environments = options.environment === undefined ? declared : [options.environment];
  const problems = new Map<string, ConfigProblem>();
  const warnings = new Set<string>();
  for (const environment of environments.length === 0 ? [''] : environments) {
    try {
      const loaded = await loadConfig({ file, text, environment, throwAway, readReference: reference });
      for (const warning of loaded.warnings) warnings.add(warning);
      if (loaded.settings.production)
        for (const warning of judgeCallers(environment, loaded.settings, await workflowFiles())) warnings.add(warning);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) problems.set(describeConfigProblem(problem), problem);
    }
  }
  const valid = problems.size === 0;
  const named = environments.length === 0 ? 'which names no environments' : `for ${environments.join(', ')}`;
  if (json) {
    const told = {
      schemaVersion: 1,
      valid,
      file,
      environments,
      problems: [...problems.values()],
      warnings: [...warnings],
    };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  } else {
    const end = valid
      ? `${file} is sound, ${named}.`
      : `${problems.size} ${problems.size === 1 ? 'mistake' : 'mistakes'}, ${named}.`;
    say([...problems.keys(), ...warnings, end].join('\n'));
  }
  return valid ? 0 : 1;
}

/** What ops.yml wants to happen by the clock, and no workflow starts. Pure. */
function judgeCallers(
  environment: string,
  { database, drills }: Pick<EnvironmentSettings, 'database' | 'drills'>,
  workflows: readonly string[],
): string[] {
  const { backupSchedule: schedule, verifyEveryMs } = database;
  return [
    schedule === undefined ? undefined : judgeBackupCaller(environment, schedule, workflows),
    verifyEveryMs === undefined ? undefined : judgeVerificationCaller(environment, workflows),
    drills?.rehearsalOverdueMs === undefined ? undefined : judgeRehearsalCaller(environment, workflows),
  ].filter((warning) => warning !== undefined);
}

/** The workflows of the repository that this runs in. */
async function workflowFiles(): Promise<string[]> {
  const texts: string[] = [];
  for await (const file of glob('.github/workflows/*.{yml,yaml}')) texts.push(await readFile(file, 'utf8'));
  return texts;
}
