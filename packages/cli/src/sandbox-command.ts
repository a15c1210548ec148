import { type Command, InvalidArgumentError } from 'commander';
import type { SandboxOptions } from '#sandbox/sandbox-types';

interface SandboxCommandOptions {
  repository?: string;
  gitDirectory?: string;
  observabilityPlus?: true;
  postgres: boolean;
  verbose?: true;
}

/** Adds `ops-actions sandbox`: one line of JSON on standard output when it is ready, then it runs until a signal. */
export function registerSandbox(program: Command): void {
  program
    .command('sandbox')
    .description(
      'start a local Vercel, PostgreSQL, Slack, GitHub and monitoring services; print their addresses as one line of JSON',
    )
    .option('--repository <owner/name>', 'the repository on the local GitHub (default: acme/notes-app)', repositoryName)
    .option('--git-directory <folder>', 'answer compare, commits and trees from this git repository')
    .option('--observability-plus', 'answer the observability query, which Vercel sells separately')
    .option('--no-postgres', 'start no PostgreSQL')
    .option('--verbose', 'say on standard error what goes wrong inside')
    .addHelpText('after', help)
    .action(sandbox);
}

const help = `
Further addresses are in the same line: "artifacts" (the artifact service of Actions), "supabase" (the Management API
of one project; its functions answer below <apiUrl>/functions/v1), services that count what the deployments really
served ("sentry", "datadog", "prometheus", "grafana", "newRelic", and "app": JSON of the app itself below /counts,
/counters, /logs and /health), "stripe" and "control":
  POST   <control>/_sandbox/faults         {"service":"vercel","route":"/v10/projects","times":2,"fault":{"status":503}}
  GET    <control>/_sandbox/faults         what was ordered and has not happened yet
  DELETE <control>/_sandbox/faults
  POST   <control>/_sandbox/builds         {"end":"ERROR"}: how the next build ends
  GET    <control>/_sandbox/requests       every request to the APIs, one JSON object per line
  GET    <control>/_sandbox/edge-requests  every request to a deployment
A fault has status, body, headers, delayMs, cutAfterBytes, blackHole or afterEffect (do it, then lose the answer).`;

async function sandbox(options: SandboxCommandOptions): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const { startSandbox } = await import('#sandbox/start-sandbox');
  const running = await startSandbox(toSandboxOptions(options));
  try {
    process.stdout.write(`${JSON.stringify(running.description)}\n`);
    await stopped;
  } finally {
    await running.close();
  }
}

function toSandboxOptions(options: SandboxCommandOptions): SandboxOptions {
  return {
    postgres: options.postgres,
    ...(options.repository !== undefined && { repository: options.repository }),
    ...(options.gitDirectory !== undefined && { gitDirectory: options.gitDirectory }),
    ...(options.observabilityPlus && { vercel: { observabilityPlus: true } }),
    ...(options.verbose && { log: (line: string) => process.stderr.write(`${line}\n`) }),
  };
}

function repositoryName(value: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(value)) return value;
  throw new InvalidArgumentError('write it as owner/name.');
}
