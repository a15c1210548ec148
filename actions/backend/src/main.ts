import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { BackendSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { cleanText } from '#http/text';
import { deployBackend } from './deploy-backend.ts';
import { type Given, inputs } from './inputs.ts';
import { proveBackend } from './prove-backend.ts';
import { rollBackBackend } from './roll-back-backend.ts';
import { type BackendSubject, runBackendCommand, secretValues } from './run-backend-command.ts';

/** How long a command, and the proof after it, may take where backend.deadline says nothing. */
const standardDeadlineMs = 5 * 60_000;

/** What both ways need: commands that run with their own environment only, and the proof. */
export interface BackendPorts {
  run(command: string, subject: BackendSubject): ReturnType<typeof runBackendCommand>;
  /** Why the backend is not well; undefined where it is. */
  prove(subject: BackendSubject): Promise<string | undefined>;
}

/** A backend that is not on Vercel: forward before the promotion, back with the app. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { backend } = settings;
  if (backend?.deploy === undefined || backend.rollback === undefined || given.githubToken === undefined) {
    throw new InputError([
      ...(given.githubToken === undefined
        ? [{ name: 'github-token', message: 'is needed to write the record of the release' }]
        : []),
      ...(backend?.deploy === undefined || backend.rollback === undefined
        ? [
            {
              name: 'config',
              message: 'needs backend.deploy and backend.rollback: without a way back there is no way forward',
            },
          ]
        : []),
    ]);
  }
  const github = createGitHub(gitHubConnection(runner, given.githubToken));
  const commands = { ...backend, deploy: backend.deploy, rollback: backend.rollback };
  const about = { settings, backend: commands, github, ports: openPorts(runner, given, backend) };
  return given.mode === 'deploy'
    ? await deployBackend(runner, given, about)
    : await rollBackBackend(runner, given, about);
}

function openPorts(runner: Runner, given: Given, backend: BackendSettings): BackendPorts {
  const { logger, signal, clock, context } = runner;
  const deadlineMs = backend.deadlineMs ?? standardDeadlineMs;
  const variables = named(runner, given.backendVariables ?? []);
  for (const value of secretValues(variables)) runner.mask(value);
  const options = {
    workspace: context.workspace,
    deadlineMs,
    token: given.backendToken,
    variables,
    signal,
    log: (line: string) => logger.info(line),
  };
  const run: BackendPorts['run'] = (command, subject) => {
    logger.info(`Running the command of the backend: ${cleanText(command, 200)}`);
    return runBackendCommand(command, subject, options);
  };
  return {
    run,
    prove: (subject) =>
      proveBackend(
        { backend, baseUrl: given.backendUrl, subject },
        { run: (command) => runBackendCommand(command, subject, options), clock, signal, deadlineMs, log: options.log },
      ),
  };
}

/** The variables of the job that the workflow names; none of them is handed over otherwise (S13). */
function named(runner: Runner, names: readonly string[]): Record<string, string> {
  const values = names.map((name) => [name, runner.environment(name)] as const);
  return Object.fromEntries(values.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
