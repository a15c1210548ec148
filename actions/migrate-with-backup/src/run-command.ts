import { runTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import { cleanText } from '#http/text';
import { parseDatabaseUrl } from '#postgres/database-url';
import { libpqEnvironment } from '#postgres/libpq-environment';
import { splitCommand } from '#probe/split-command';
import type { MigrateOptions } from './plan-options.ts';

/** How the consumer's own command ended. */
export type CommandOutcome = { ok: true; seconds: number } | { ok: false; reasonCode: string; message: string };

const deadlineMs = 60 * 60_000;

/**
 * Runs the consumer's own tool (`npm run migrate`, Prisma, Drizzle, Atlas) with the database and our timeouts in its
 * environment and nothing else that is secret (S13): `DATABASE_URL` and libpq's variables. Its output goes to `log`.
 */
export async function runCommand(
  command: string,
  options: MigrateOptions,
  given: { workspace: string; environment: string; signal: AbortSignal; log: (line: string) => void },
): Promise<CommandOutcome> {
  const url = options.url ?? '';
  const line = splitCommand(command, { environment: given.environment, url: '' });
  const settings = parseDatabaseUrl(withTimeouts(url, options));
  const started = performance.now();
  try {
    const result = await runTool({
      ...line,
      cwd: given.workspace,
      environment: {
        ...libpqEnvironment(settings, 'ops-actions command'),
        DATABASE_URL: withTimeouts(url, options),
        OPS_ACTIONS_ENVIRONMENT: given.environment,
      },
      deadlineMs,
      signal: given.signal,
      onLine: (text) => given.log(cleanText(text, 500)),
    });
    const seconds = (performance.now() - started) / 1000;
    if (result.exitCode === 0) return { ok: true, seconds };
    const how = result.timedOut
      ? `was not finished within ${deadlineMs / 60_000} minutes`
      : result.exitCode === null
        ? `was ended by ${result.signal}`
        : `ended with exit code ${result.exitCode}`;
    return {
      ok: false,
      reasonCode: result.timedOut ? 'command_timed_out' : 'command_failed',
      message: `"${cleanText(command, 120)}" ${how}`,
    };
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    return { ok: false, reasonCode: 'command_not_found', message: cleanText(error.message, 300) };
  }
}

/** Timeouts travel in the address, because most drivers read nothing else. */
function withTimeouts(text: string, options: MigrateOptions): string {
  const url = new URL(text.replace(/^([a-z]+:\/\/[^/?#@]*@)(?=[/?#])/, '$1localhost'));
  const own = `-c lock_timeout=${options.lockTimeoutMs} -c statement_timeout=${options.statementTimeoutMs}`;
  url.searchParams.set('options', `${url.searchParams.get('options') ?? ''} ${own}`.trim());
  // Drivers read a plus as a plus, libpq does too.
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}
