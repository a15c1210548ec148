import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { parse } from 'yaml';
import type { RunReport } from '#local-runner/run-composite';
import { libraryRoot } from './library-root.ts';
import { type RunCommandOptions, runAction } from './run-command.ts';
import { isSecretInput, secretOfInput } from './run-inputs.ts';
import { createRunPrinter } from './run-output.ts';

interface DeclaredInput {
  description: string;
  required?: boolean;
  default?: string;
}

type DeployOptions = Record<string, string | true | undefined> &
  Pick<RunCommandOptions, 'workspace' | 'repository' | 'ref' | 'sha' | 'runId' | 'json' | 'debug'>;

/**
 * Adds `deploy` and `plan`, its dry run: the composite as committed, on the checkout of this machine. Its inputs are the options,
 * its secrets come from the environment. Exit codes as those of `run`.
 */
export function registerDeploy(program: Command, words: readonly string[]): void {
  const described: [string, string][] = [
    ['deploy', 'release the checkout of this machine to one environment, as the action deploy does on GitHub'],
    ['plan', 'say what deploy would do and what stands against it; changes nothing'],
  ];
  for (const [name, description] of described) {
    const command = program.command(name).description(description);
    // The other commands need not read the action.
    if (!words.includes(name)) continue;
    const inputs = Object.entries(declaredInputs()).filter(([input]) => name === 'deploy' || input !== 'dry-run');
    const secrets = inputs.filter(([input]) => isSecretInput(input)).map(([input]) => secretOfInput(input));
    const options = inputs.flatMap(([input, declared]) => (isSecretInput(input) ? [] : [optionOf(input, declared)]));
    for (const option of options) command.addOption(option);
    command
      .option('--workspace <folder>', 'the checkout that is released', '.')
      .option('--repository <owner/name>', 'default: from the git remote origin')
      .option('--ref <ref>', 'refs/heads/… or refs/tags/…; default: from git')
      .option('--sha <sha>', 'default: from git')
      .option('--run-id <number>', 'continue a run of this command')
      .option('--json', 'one JSON object on standard output, the log on standard error')
      .option('--debug', 'show debug lines')
      .addHelpText('after', `\nSecrets come from the environment, those that are set: ${secrets.join(', ')}.`)
      .action(async (given: DeployOptions) => {
        const named = options.flatMap((option) => {
          const value = given[option.attributeName()];
          return value === undefined ? [] : [`${option.long?.slice(2)}=${value}`];
        });
        process.exitCode = await deploy(name, given, name === 'plan' ? [...named, 'dry-run=true'] : named, secrets);
      });
  }
}

function declaredInputs(): Record<string, DeclaredInput> {
  const text = readFileSync(join(libraryRoot, 'deploy/action.yml'), 'utf8');
  return (parse(text) as { inputs: Record<string, DeclaredInput> }).inputs;
}

/** A flag where the input is one; its default is left to the action. */
function optionOf(input: string, { description, required, default: standard }: DeclaredInput): Option {
  const isFlag = standard === 'false';
  return new Option(`--${input}${isFlag ? '' : ' <value>'}`, description).makeOptionMandatory(required === true);
}

async function deploy(
  name: string,
  { workspace, repository, ref, sha, runId, json, debug }: DeployOptions,
  input: string[],
  secrets: readonly string[],
): Promise<number> {
  const set = secrets.filter((secret) => process.env[secret]);
  const asked = Object.fromEntries(
    Object.entries({ repository, ref, sha, runId, debug }).filter(([, value]) => value !== undefined),
  );
  const options = {
    input,
    inputFromEnv: [],
    secret: set,
    env: [],
    uses: [],
    eventName: 'workflow_dispatch',
    workspace,
  };
  const printer = createRunPrinter((line) => void (json ? process.stderr : process.stdout).write(`${line}\n`));
  return await runAction(
    name,
    'deploy',
    { ...options, ...asked },
    {
      follow: printer.follow,
      finish: json ? (report) => void process.stdout.write(`${JSON.stringify(endOf(report))}\n`) : printer.finish,
    },
  );
}

/** How it ended, for programs. */
function endOf({ conclusion, outputs, error }: RunReport): object {
  const { result, ...words } = outputs;
  const camel = Object.entries(words).map(([key, value]) => [
    key.replace(/-(\w)/g, (_all, letter) => letter.toUpperCase()),
    value,
  ]);
  const details = result ? { result: JSON.parse(result) as unknown } : {};
  return {
    schemaVersion: 1,
    conclusion,
    ...Object.fromEntries(camel),
    ...details,
    ...(error === undefined ? {} : { error }),
  };
}
