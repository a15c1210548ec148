import { InputError, type InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import { functionsOfFiles } from '#postgres/api-functions';
import { reloadSchema } from '#postgres/apply-migrations';
import { databaseErrorFacts } from '#postgres/database-error';
import { projectOf } from '#postgres/database-project';
import { parseDatabaseUrl } from '#postgres/database-url';
import type { ExpectedObject } from '#postgres/expected-objects';
import { objectsOfFiles } from '#postgres/find-missing';
import type { MigrationSession } from '#postgres/migration-session';
import type { MigrationFile } from '#postgres/read-migrations';
import type { ApiObject } from '#supabase/data-api';
import type { SchemaCacheProof } from '#supabase/prove-schema-cache';
import type { MigrationPorts } from './migrate.ts';
import type { Given } from './plan-options.ts';

/** `not-asked`: there is a Data API, and no key to ask it with. */
export type SchemaCache = SchemaCacheProof | { outcome: 'not-asked' };

/**
 * Asks the Data API whether it knows what was migrated; `no-key` where a project has one and no key is given, undefined where nobody
 * knows of one. @throws InputError (S11).
 */
export function schemaCacheProver(
  runner: Runner,
  given: Pick<Given, 'dataApiKey' | 'dataApiUrl'>,
  settings: Pick<EnvironmentSettings, 'database'>,
  databaseUrl: string | undefined,
): MigrationPorts['proveSchemaCache'] {
  const { dataApiKey: key } = given;
  const { project } = settings.database;
  if (key === undefined) {
    const connected = databaseUrl === undefined ? undefined : projectOf(parseDatabaseUrl(databaseUrl));
    return (project ?? connected ?? given.dataApiUrl) === undefined ? undefined : 'no-key';
  }
  const url = serviceAddress(runner, {
    name: 'data-api-url',
    input: given.dataApiUrl,
    variable: 'OPS_ACTIONS_DATA_API_URL',
    standard: project === undefined ? '' : `https://${project}.supabase.co`,
  });
  if (url === '') throw new InputError([addressMissing]);
  const { signal, clock, logger } = runner;
  return async (objects, reload) => {
    const [{ openDataApi }, { proveSchemaCache }] = await Promise.all([
      import('#supabase/data-api'),
      import('#supabase/prove-schema-cache'),
    ]);
    const api = openDataApi({ url, key, signal, clock, log: logger.debug });
    return await proveSchemaCache(api, objects, { reload, signal, clock, log: (line) => logger.info(line) });
  };
}

const addressMissing: InputProblem = {
  name: 'data-api-url',
  message: 'is needed by data-api-key where the configuration names no supabase.project',
  allowed: 'https://<project>.supabase.co, without /rest/v1',
};

/** What of these objects a Data API could know. Pure. */
export function apiObjects(objects: readonly ExpectedObject[]): ApiObject[] {
  return objects.flatMap(({ kind, schema = 'public', name, on }): ApiObject[] => {
    if (kind === 'table' || kind === 'view') return [{ schema, relation: name }];
    return kind === 'column' && on !== undefined ? [{ schema, relation: on, column: name }] : [];
  });
}

/**
 * The notice of the reload went out with the last file; here a request proves that it arrived (trap 9). What was committed has to be
 * told, so that a connection which is lost meanwhile is an outcome, too. @throws the abort reason.
 */
export async function proveCache(
  session: MigrationSession,
  files: readonly MigrationFile[],
  ports: Pick<MigrationPorts, 'proveSchemaCache' | 'signal'>,
): Promise<SchemaCache | undefined> {
  const { proveSchemaCache } = ports;
  if (proveSchemaCache === undefined) return undefined;
  try {
    const routines = await functionsOfFiles(session.connection, files);
    const objects = [
      ...apiObjects(await objectsOfFiles(files)),
      ...routines.map(({ schema, name, parameters }) => ({ schema, routine: name, parameters })),
    ];
    if (objects.length === 0) return undefined;
    if (proveSchemaCache === 'no-key') return { outcome: 'not-asked' };
    // The second query frees a queue of notices that is stuck, as Supabase's troubleshooting says.
    const reload = () => session.connection.query(`${reloadSchema}; SELECT pg_catalog.pg_notification_queue_usage()`);
    return await session.whileIdle(() => proveSchemaCache(objects, reload));
  } catch (error) {
    if (ports.signal.aborted) throw error;
    if (proveSchemaCache === 'no-key') return { outcome: 'not-asked' };
    const message = `the database could not be asked for it (${databaseErrorFacts(error).message})`;
    return { outcome: 'could-not-ask', reasonCode: 'database_not_asked', message };
  }
}
