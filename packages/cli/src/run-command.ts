import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import type { ActionRepository, RunnerEvent, RunOptions, RunReport } from '#local-runner/run-composite';
import { libraryRoot } from './library-root.ts';
import { workspaceIdentity } from './run-identity.ts';
import { RunUsageError, type RunWords, resolveRun } from './run-inputs.ts';
import { createRunPrinter, runExitCode } from './run-output.ts';

export interface RunCommandOptions extends RunWords {
  envFile?: string;
  event?: string;
  eventName: string;
  workspace: string;
  repository?: string;
  ref?: string;
  sha?: string;
  runId?: string;
  uses: string[];
  json?: true;
  debug?: true;
}

/** Adds `ops-actions run`: exit code 0 when the action succeeded, 1 when it said no, 2 wrong use, 3 when it could not run. */
export function registerRun(program: Command): void {
  const collect = (word: string, words: string[]): string[] => [...words, word];
  program
    .command('run <action>')
    .description('run an action or composite of this library, or of a folder, on this machine as GitHub would')
    .option('--input <name=value>', 'an input; may be repeated; secrets are refused here', collect, [])
    .option('--input-from-env <name=VARIABLE>', 'an input whose value is in an environment variable', collect, [])
    .option(
      '--secret <VARIABLE>',
      'a secret by name: masked, given to the input of that name or to the job',
      collect,
      [],
    )
    .option('--env <NAME=value>', "a variable of the job's env", collect, [])
    .option('--env-file <file>', 'NAME=value lines in which --secret and --input-from-env look first')
    .option('--event <file>', 'the payload of the event as JSON')
    .option('--event-name <name>', 'the name of the event', 'workflow_dispatch')
    .option('--workspace <folder>', 'the checkout to work in', '.')
    .option('--repository <owner/name>', 'default: from the git remote origin')
    .option('--ref <ref>', 'refs/heads/… or refs/tags/…; default: from git')
    .option('--sha <sha>', 'default: from git')
    .option('--run-id <number>', 'default: seconds since the epoch, below the ids of GitHub itself')
    .option('--uses <owner/name@ref=folder>', 'where another repository named in uses: lies', collect, [])
    .option('--json', 'one event per line as JSON, the report last')
    .option('--debug', 'show debug lines')
    .action(async (action: string, options: RunCommandOptions) => {
      const print = (line: string): void => void process.stdout.write(`${line}\n`);
      const asJson = {
        follow: (event: RunnerEvent) => print(JSON.stringify(event)),
        finish: (report: RunReport) => print(JSON.stringify({ kind: 'report', schemaVersion: 1, ...report })),
      };
      process.exitCode = await runAction('run', action, options, options.json ? asJson : createRunPrinter(print));
    });
}

/** Runs an action for a command of this name and shows it. The exit code. */
export async function runAction(
  command: string,
  action: string,
  options: RunCommandOptions,
  show: { follow(event: RunnerEvent): void; finish(report: RunReport): void },
): Promise<number> {
  // Loaded late: the other commands need neither GitHub's parser nor its expressions.
  const { runComposite, declaredInputs } = await import('#local-runner/run-composite');
  const interrupt = interruptions();
  try {
    const given = await runOptions(action, options, declaredInputs);
    const report = await runComposite({
      ...given,
      signal: interrupt.cancel.signal,
      lost: interrupt.lose.signal,
      onEvent: show.follow,
    });
    show.finish(report);
    return runExitCode(report);
  } catch (error) {
    if (!(error instanceof RunUsageError)) throw error;
    for (const problem of error.problems) process.stderr.write(`ops-actions ${command}: ${problem}\n`);
    return 2;
  } finally {
    interrupt.release();
  }
}

async function runOptions(
  action: string,
  options: RunCommandOptions,
  declaredInputs: (action: string) => Promise<string[]>,
): Promise<RunOptions> {
  const directory = actionDirectory(action);
  const declared = await declaredInputs(directory);
  const variables = { ...process.env, ...(options.envFile === undefined ? {} : readEnvironmentFile(options.envFile)) };
  const resolved = resolveRun(options, declared, variables);
  const workspace = resolve(options.workspace);
  const identity = await workspaceIdentity(workspace);
  return {
    action: directory,
    inputs: resolved.inputs,
    environment: {
      ...addressOverrides(process.env),
      ...(options.debug ? { RUNNER_DEBUG: '1' } : {}),
      ...resolved.environment,
    },
    secrets: resolved.secrets,
    eventName: options.eventName,
    event: options.event === undefined ? {} : readEvent(options.event),
    github: {
      repository: options.repository ?? identity.repository,
      sha: options.sha ?? identity.sha,
      ref: options.ref ?? identity.ref,
      runId: options.runId ?? Math.floor(Date.now() / 1000),
      ...(resolved.githubToken === undefined ? {} : { token: resolved.githubToken }),
    },
    workspace,
    repositories: options.uses.map(otherRepository),
  };
}

function otherRepository(word: string): ActionRepository {
  const [, name = '', ref = '', folder = ''] = /^([^/@=]+\/[^/@=]+)@([^=]+)=(.+)$/.exec(word) ?? [];
  if (name === '') throw new RunUsageError([`--uses ${word}: expected owner/name@ref=folder.`]);
  return { name, ref, directory: resolve(folder) };
}

/** A bare name is an action of this library; a path with ./ or / is a folder of yours. */
function actionDirectory(action: string): string {
  const isPath = isAbsolute(action) || action.startsWith('.');
  const candidates = isPath ? [resolve(action)] : [join(libraryRoot, action), resolve(action)];
  const found = candidates.find((folder) =>
    ['action.yml', 'action.yaml'].some((name) => existsSync(join(folder, name))),
  );
  if (found !== undefined) return found;
  throw new RunUsageError([
    `${action}: there is no action.yml in ${candidates.join(' or ')}. Give deploy, rollback, actions/<name> or a folder of yours as ./folder.`,
  ]);
}

/** Addresses of sandboxes and of GitHub Enterprise, as the actions read them (S11 decides there what counts). */
function addressOverrides(source: NodeJS.ProcessEnv): Record<string, string> {
  const wanted = /^(OPS_ACTIONS_\w+_URL|GITHUB_(API|SERVER)_URL)$/;
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) => (wanted.test(name) && value ? [[name, value]] : [])),
  );
}

function readEnvironmentFile(file: string): Record<string, string | undefined> {
  if (!existsSync(file)) throw new RunUsageError([`--env-file ${file}: there is no such file.`]);
  return parseEnv(readFileSync(file, 'utf8'));
}

function readEvent(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new RunUsageError([
      `--event ${file}: ${error instanceof Error ? error.message : error}. Give a file with the event's JSON payload.`,
    ]);
  }
}

/** The first Ctrl-C cancels as the button on GitHub does; the second one kills everything at once. */
function interruptions(): { cancel: AbortController; lose: AbortController; release(): void } {
  const [cancel, lose] = [new AbortController(), new AbortController()];
  const take = (): void => {
    if (cancel.signal.aborted) lose.abort();
    else process.stderr.write('cancelling; steps that always run still run. Ctrl-C again kills everything.\n');
    cancel.abort();
  };
  process.on('SIGINT', take).on('SIGTERM', take);
  return { cancel, lose, release: () => void process.off('SIGINT', take).off('SIGTERM', take) };
}
