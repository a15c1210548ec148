import { codeSpan } from '#action-kit/markdown';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EdgeFunctions, SupabaseConnection } from '#supabase/edge-functions';
import { formatLogLine, readFunctionLogs } from '#supabase/function-logs';
import type { EdgeFunction } from '#supabase/function-types';
import { SupabaseError } from '#supabase/supabase-error';

/** As many as a person reads, and as an issue holds beside the rest. */
const mostLines = 40;
/** The clock of the service may be behind ours. */
const skewMs = 60_000;

/** What some functions wrote since a time, for people; a public repository gets nothing of it: logs hold customers' values (S23). */
async function readLines(
  runner: Runner,
  connection: SupabaseConnection,
  functions: readonly Pick<EdgeFunction, 'id' | 'slug'>[],
  from: number,
): Promise<string[]> {
  const until = runner.clock.now() + skewMs;
  const secrets = [runner.input('github-token')];
  const lines = await readFunctionLogs(connection, { functions, from, until, limit: mostLines, secrets });
  return lines.map(formatLogLine);
}

/** Adds the last lines of the functions that were touched to a result that failed (EDG-08); never makes it worse. */
export async function withLogs(
  runner: Runner,
  result: Result,
  about: { connection: SupabaseConnection; functions: readonly Pick<EdgeFunction, 'id' | 'slug'>[]; from: number },
): Promise<Result> {
  if (result.decision !== 'failed' || about.functions.length === 0) return result;
  if (isPublic(runner.context.event)) {
    runner.logger.info('What the functions wrote is not shown: the repository is public. See the Supabase dashboard');
    return result;
  }
  const lines = await readLines(runner, about.connection, about.functions, about.from - skewMs).catch(
    (error: unknown) => {
      if (!(error instanceof SupabaseError)) throw error;
      runner.logger.warning(`The logs of the functions could not be read: ${error.message}`);
      return [];
    },
  );
  for (const line of lines) runner.logger.info(line);
  return {
    ...result,
    outputs: { ...result.outputs, logs: lines.join('\n') },
    jobSummary: `${result.jobSummary ?? ''}${renderLines(lines)}`,
  };
}

/** Mode `logs`: the last lines of all or of named functions. @throws SupabaseError. */
export async function showLogs(
  runner: Runner,
  functions: EdgeFunctions,
  given: { connection: SupabaseConnection; names: readonly string[] | undefined; sinceMs: number },
): Promise<Result> {
  if (isPublic(runner.context.event)) {
    const message = 'The repository is public, and logs hold values of customers: read them in the Supabase dashboard.';
    throw new SupabaseError('public_repository', message);
  }
  const live = await functions.list();
  const { names } = given;
  const unknown = (names ?? []).filter((name) => !live.some(({ slug }) => slug === name));
  if (unknown.length > 0) {
    const there = live.map(({ slug }) => slug).join(', ') || 'none';
    throw new SupabaseError(
      'unknown_function',
      `${unknown.join(', ')}: no such function is live. There are: ${there}.`,
    );
  }
  const wanted = live.filter(({ slug }) => names === undefined || names.includes(slug));
  const lines = await readLines(runner, given.connection, wanted, runner.clock.now() - given.sinceMs);
  for (const line of lines) runner.logger.info(line);
  return {
    decision: 'logs-read',
    reasonCode: lines.length === 0 ? 'no_logs' : 'logs_read',
    summary: `${lines.length} ${lines.length === 1 ? 'line' : 'lines'} of ${wanted.map(({ slug }) => slug).join(', ') || 'no function'} in the last ${Math.round(given.sinceMs / 60_000)} min`,
    failed: false,
    outputs: { logs: lines.join('\n') },
    jobSummary: renderLines(lines),
  };
}

function renderLines(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `\n### What the functions wrote\n\n${lines.map((line) => `- ${codeSpan(line)}`).join('\n')}\n`;
}
