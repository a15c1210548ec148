import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { supabaseAddress } from './connections.ts';
import { flag, type InputDefinitions, secret, text } from './inputs.ts';
import type { Runner } from './runner.ts';

/** How a database is named and reached; the same in every action that connects to one. */
export const databaseInputs = {
  'database-url': secret(),
  'database-password': secret(),
  'login-role': flag(false),
  'supabase-access-token': secret(),
  'supabase-project': text({ pattern: /^[a-z]{20}$/, allowed: 'a project reference: 20 lowercase letters' }),
  'supabase-api-url': text(),
} satisfies InputDefinitions;

interface Given {
  databaseUrl?: string | undefined;
  databasePassword?: string | undefined;
  loginRole: boolean;
  supabaseAccessToken?: string | undefined;
  supabaseProject?: string | undefined;
  supabaseApiUrl?: string | undefined;
}

/** What the workflow file, ops.yml and the checkout say of the database, for `planDatabaseTarget`. */
export async function databaseRequest(
  runner: Pick<Runner, 'context'>,
  given: Given,
  settings: Pick<EnvironmentSettings, 'database'>,
  folder = settings.database.migrations ?? 'supabase/migrations',
) {
  const migrations = isAbsolute(folder) ? folder : join(runner.context.workspace, folder);
  // Where `supabase link` writes it; the folder is in .gitignore, so that it is of this job.
  const linked = await readFile(join(dirname(migrations), '.temp/project-ref'), 'utf8').catch(() => '');
  return {
    url: given.databaseUrl,
    password: given.databasePassword,
    loginRole: given.loginRole,
    token: given.supabaseAccessToken !== undefined,
    project: given.supabaseProject,
    linked: linked.trim() === '' ? undefined : linked.trim(),
    pinned: settings.database.project,
  };
}

/** How `resolveDatabase` reaches the runner and the Management API. @throws InputError (S11). */
export function databasePorts<Access>(
  runner: Runner,
  given: Given,
  open: (connection: {
    apiUrl: string;
    token: string;
    project: string;
    signal: AbortSignal;
    clock: Runner['clock'];
    log: (line: string) => void;
  }) => Access,
) {
  const { logger, signal, clock } = runner;
  const { supabaseAccessToken: token } = given;
  const apiUrl = supabaseAddress(runner, given);
  return {
    access:
      token === undefined
        ? undefined
        : (project: string) => open({ apiUrl, token, project, signal, clock, log: logger.debug }),
    mask: (password: string) => runner.mask(password),
    log: (line: string) => logger.info(line),
    signal,
    now: () => clock.now(),
  };
}
