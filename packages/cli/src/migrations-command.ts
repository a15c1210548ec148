import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DatabaseSettings } from '#config/settings';
import { withoutControls } from '#http/text';
import { connect } from '#postgres/connection';
import { wrongProject } from '#postgres/database-project';
import { parseDatabaseUrl, weakConnection } from '#postgres/database-url';
import { type ListedMigration, listMigrations } from '#postgres/list-migrations';
import { readMigrationHistory } from '#postgres/migration-history';
import { readMigrations } from '#postgres/read-migrations';
import { openDatabaseAccess } from '#supabase/database-access';
import { planNeededDatabase } from '#supabase/plan-database-target';
import { resolveDatabase } from '#supabase/resolve-database';
import { isLoopback } from '#vercel/is-loopback';
import { type EnvironmentOptions, settingsOf, UsageError } from './open-environment.ts';
import type { CommandAnswer } from './rollback-command.ts';
import { sayAside } from './terminal.ts';

/**
 * What is applied, what is pending and what only the database knows. One read-only session; exit code 0 whatever the list says.
 * @throws UsageError, DatabaseUnreachable, DatabaseTargetError, SupabaseError
 */
export async function listMigrationStates(options: EnvironmentOptions): Promise<CommandAnswer> {
  const { database, environment } = await settingsOf(options);
  const folder = database.migrations ?? 'supabase/migrations';
  const { files, problems } = await readMigrations(folder);
  for (const { file, message } of problems) sayAside(`${withoutControls(file)}: ${message}`);
  const connection = await connect(await findDatabase(folder, database), {
    applicationName: 'ops-actions migrations',
    statementTimeoutMs: 15_000,
  });
  try {
    await connection.query('SET default_transaction_read_only = on');
    const { applied } = await readMigrationHistory(connection);
    const migrations = listMigrations(
      files,
      applied.map(({ version }) => version),
    );
    return { exitCode: 0, text: describe(environment, migrations), json: { environment, folder, migrations } };
  } finally {
    await connection.close();
  }
}

/** The connection, from the environment: DATABASE_URL, else SUPABASE_DB_PASSWORD and the project. */
async function findDatabase(
  folder: string,
  { project: pinned, tlsReason }: Pick<DatabaseSettings, 'project' | 'tlsReason'>,
): Promise<string> {
  const { DATABASE_URL, SUPABASE_DB_PASSWORD, SUPABASE_ACCESS_TOKEN: token } = process.env;
  const apiUrl = process.env.OPS_ACTIONS_SUPABASE_API_URL;
  if (apiUrl && !isLoopback(apiUrl))
    throw new UsageError(['OPS_ACTIONS_SUPABASE_API_URL may only be an address of this machine (S11)']);
  const linked = await readFile(join(dirname(folder), '.temp/project-ref'), 'utf8').catch(() => '');
  const target = planNeededDatabase({
    url: DATABASE_URL || undefined,
    password: SUPABASE_DB_PASSWORD || undefined,
    loginRole: false,
    token: Boolean(token),
    linked: linked.trim() || undefined,
    pinned,
  });
  if (target.url === undefined)
    throw new UsageError(
      target.problems.map(({ name, message }) =>
        name === 'database-url' ? 'neither DATABASE_URL nor SUPABASE_DB_PASSWORD is set' : `${name} ${message}`,
      ),
    );
  for (const weakness of weakConnection(target.url, tlsReason)) sayAside(weakness);
  const wrong = wrongProject(parseDatabaseUrl(target.url), pinned);
  if (wrong !== undefined) throw new UsageError([`DATABASE_URL ${wrong}`]);
  return await resolveDatabase(
    { ...target, url: target.url },
    {
      access: token
        ? (project) => openDatabaseAccess({ apiUrl: apiUrl || 'https://api.supabase.com', token, project })
        : undefined,
      mask: () => {},
      log: sayAside,
      now: Date.now,
      readOnly: true,
    },
  );
}

function describe(environment: string, migrations: readonly ListedMigration[]): string {
  if (migrations.length === 0) return `${environment} has no migrations.`;
  const count = (state: ListedMigration['state']) => migrations.filter((one) => one.state === state).length;
  const head = `Migrations of ${environment}: ${count('applied')} applied, ${count('pending')} pending, ${count('only-remote')} only in the database.`;
  const lines = migrations.map(
    ({ version, state, file }) => `  ${state.padEnd(11)}  ${withoutControls(file ?? `${version} (no file)`)}`,
  );
  return [head, ...lines].join('\n');
}
