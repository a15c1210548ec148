import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { supabaseAddress } from '#action-kit/connections';
import { InputError, type InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { runTool } from '#child-process/run-tool';
import { ToolMissing } from '#child-process/tool-missing';
import type { EnvironmentSettings } from '#config/settings';
import { cleanText } from '#http/text';
import { splitCommand } from '#probe/split-command';
import { generateTypes } from '#supabase/generate-types';
import { SupabaseError } from '#supabase/supabase-error';
import type { Given } from './main.ts';

type Types = NonNullable<EnvironmentSettings['database']['types']>;
export type MadeTypes = { text: string } | { reasonCode: string; message: string };

const commandDeadlineMs = 5 * 60_000;

/** The types as the database is now, or why there are none. @throws InputError with everything that is missing. */
export async function makeTypes(
  runner: Runner,
  given: Given,
  { types, project, file }: { types: Types; project: string | undefined; file: string },
): Promise<MadeTypes> {
  if (types.command !== undefined) return await makeByCommand(runner, given, types.command, file);
  const { supabaseAccessToken: token } = given;
  const asked = given.supabaseProject ?? project;
  const problems: InputProblem[] = [];
  if (token === undefined)
    problems.push({
      name: 'supabase-access-token',
      message: 'is needed: the platform makes the types',
      allowed: 'secret SUPABASE_ACCESS_TOKEN with database_read; or database.types.command in ops.yml',
    });
  if (asked === undefined)
    problems.push({
      name: 'supabase-project',
      message: 'is neither given nor in the configuration (supabase.project)',
    });
  if (token === undefined || asked === undefined) throw new InputError(problems);
  const { signal, clock, logger } = runner;
  const apiUrl = supabaseAddress(runner, given);
  try {
    const connection = { apiUrl, token, project: asked, signal, clock, log: logger.debug };
    return { text: await generateTypes(connection, types.schemas ?? ['public']) };
  } catch (error) {
    if (!(error instanceof SupabaseError)) throw error;
    return { reasonCode: error.reasonCode, message: error.message };
  }
}

/** The command of the project, which writes the file, with the two secrets that it may need and nothing else (S13). */
async function makeByCommand(runner: Runner, given: Given, command: string, file: string): Promise<MadeTypes> {
  const { workspace } = runner.context;
  const name = `"${cleanText(command, 120)}"`;
  const line = splitCommand(command, { environment: given.environment ?? '', url: '' });
  try {
    const result = await runner.logger.group(`Command: ${command}`, () =>
      runTool({
        ...line,
        cwd: workspace,
        environment: {
          ...(given.supabaseAccessToken === undefined ? {} : { SUPABASE_ACCESS_TOKEN: given.supabaseAccessToken }),
          ...(given.databaseUrl === undefined ? {} : { DATABASE_URL: given.databaseUrl }),
          OPS_ACTIONS_ENVIRONMENT: given.environment ?? '',
        },
        deadlineMs: commandDeadlineMs,
        signal: runner.signal,
        onLine: (text) => runner.logger.info(cleanText(text, 500)),
      }),
    );
    if (result.timedOut) return failed('command_timed_out', `${name} was not finished within 5 minutes`);
    if (result.exitCode !== 0)
      return failed('command_failed', `${name} ended with ${result.exitCode ?? `signal ${result.signal}`}`);
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    return failed('command_not_found', cleanText(error.message, 300));
  }
  const text = await readFile(join(workspace, file), 'utf8').catch(() => '');
  return text.trim() === ''
    ? failed('no_types', `${name} succeeded and left ${file} empty, or did not write it`)
    : { text };
}

function failed(reasonCode: string, message: string): MadeTypes {
  return { reasonCode, message };
}
