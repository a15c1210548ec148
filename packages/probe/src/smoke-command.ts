import { runTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { cleanText } from '#http/text';
import type { SmokeTest } from './decide-smoke.ts';
import { hideSecrets } from './hide-secrets.ts';
import { splitCommand } from './split-command.ts';

/** The consumer's own smoke command, e.g. `npm run test:smoke -- --env={environment}`. */
export interface SmokeCommand {
  command: string;
  environment: string;
  url: string;
  workingDirectory: string;
  /** What it needs, e.g. an installation: lines for bash, run before it inside the same deadline. */
  setup?: { commands: string; directory: string } | undefined;
  /** Given to the command as VERCEL_AUTOMATION_BYPASS_SECRET, the name that Vercel itself uses. */
  bypassSecret?: string | undefined;
  /** Further variables that the workflow names for it (S13). */
  variables?: Record<string, string>;
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs the command with an allow-listed environment (S13) and a deadline in milliseconds; a non-zero exit is a failure.
 * Where its preparation fails it could not run: that says nothing about the app.
 */
export async function runSmokeCommand(given: SmokeCommand, deadlineMs: number): Promise<SmokeTest> {
  if (given.setup === undefined) return runCommand(given, deadlineMs);
  const prepared = await prepare(given, given.setup, deadlineMs / 2);
  if ('outcome' in prepared) return prepared;
  const done = await runCommand(given, deadlineMs - prepared.durationMs);
  return { ...done, durationMs: prepared.durationMs + done.durationMs };
}

/**
 * What several commands need is prepared once: undefined where it was, or nothing had to be, else why none of them can run.
 */
export async function prepareCommands(
  given: Pick<SmokeCommand, 'setup' | 'onLine' | 'signal'>,
  deadlineMs: number,
): Promise<SmokeTest | undefined> {
  if (given.setup === undefined) return undefined;
  const prepared = await prepare(given, given.setup, deadlineMs);
  return 'outcome' in prepared ? prepared : undefined;
}

async function runCommand(given: SmokeCommand, deadlineMs: number): Promise<SmokeTest> {
  const { environment, url } = given;
  const line = splitCommand(given.command, { environment, url });
  const name = cleanText(given.command, 200);
  const hide = hideSecrets(secretsOf(given));
  try {
    const result = await runTool({
      ...line,
      cwd: given.workingDirectory,
      environment: {
        ...given.variables,
        BASE_URL: url,
        OPS_ACTIONS_URL: url,
        OPS_ACTIONS_ENVIRONMENT: environment,
        ...(given.bypassSecret ? { VERCEL_AUTOMATION_BYPASS_SECRET: given.bypassSecret } : {}),
      },
      deadlineMs,
      signal: given.signal,
      onLine: (text) => given.onLine?.(hide(text)),
    });
    const output = lastLines(hide(`${result.stdout}\n${result.stderr}`));
    const base = { name, durationMs: result.durationMs, attempts: [], output };
    if (result.timedOut) {
      const message = `not finished within ${Math.round(deadlineMs / 1000)} s`;
      return { ...base, outcome: 'fail', reasonCode: 'timeout', message };
    }
    if (result.exitCode === 0) return { ...base, outcome: 'pass', reasonCode: 'exit_0', message: 'exit code 0' };
    const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
    return { ...base, outcome: 'fail', reasonCode: 'command_failed', message: how };
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    const message = cleanText(error.message, 300);
    return { name, outcome: 'could-not-run', reasonCode: 'command_not_found', message, durationMs: 0, attempts: [] };
  }
}

/** Runs the lines without any secret, in at most the time given; how long they took, or why they did not prepare anything. */
async function prepare(
  { onLine, signal }: Pick<SmokeCommand, 'onLine' | 'signal'>,
  { commands, directory }: { commands: string; directory: string },
  deadlineMs: number,
): Promise<{ durationMs: number } | SmokeTest> {
  const base = { name: 'setup-commands', outcome: 'could-not-run', reasonCode: 'setup_failed' } as const;
  try {
    const args = ['-e', '-o', 'pipefail', '-c', commands];
    const result = await runTool({ command: 'bash', args, cwd: directory, deadlineMs, signal, onLine });
    const { durationMs, exitCode } = result;
    if (exitCode === 0 && !result.timedOut) return { durationMs };
    const how = exitCode === null ? `ended by ${result.signal}` : `exit code ${exitCode}`;
    const message = `${result.timedOut ? `not finished within ${Math.round(deadlineMs / 1000)} s` : how}, so the smoke command was not run`;
    return { ...base, attempts: [], message, durationMs, output: lastLines(`${result.stdout}\n${result.stderr}`) };
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    return { ...base, attempts: [], message: cleanText(error.message, 300), durationMs: 0 };
  }
}

/** What the command was given in confidence. */
function secretsOf({ bypassSecret = '', variables = {} }: SmokeCommand): string[] {
  const named = Object.entries(variables).flatMap(([name, value]) =>
    /token|secret|password|key|credential|_url$|dsn/i.test(name) ? value.split(/\r?\n/) : [],
  );
  return [bypassSecret, ...named];
}

/** The end of an output as clean lines. */
function lastLines(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines
    .slice(-20)
    .map((line) => cleanText(line, 300))
    .join('\n');
}
