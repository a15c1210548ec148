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
  /** Given to the command as VERCEL_AUTOMATION_BYPASS_SECRET, the name that Vercel itself uses. */
  bypassSecret?: string | undefined;
  /** Further variables that the workflow names for it (S13). */
  variables?: Record<string, string>;
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
}

/** Runs the command with an allow-listed environment (S13) and a deadline in milliseconds; a non-zero exit is a failure. */
export async function runSmokeCommand(given: SmokeCommand, deadlineMs: number): Promise<SmokeTest> {
  const { environment, url } = given;
  const line = splitCommand(given.command, { environment, url });
  const direct = line.kind === 'direct';
  const name = cleanText(given.command, 200);
  const hide = hideSecrets(secretsOf(given));
  try {
    const result = await runTool({
      command: direct ? line.command : 'sh',
      args: direct ? line.args : ['-c', line.script],
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
