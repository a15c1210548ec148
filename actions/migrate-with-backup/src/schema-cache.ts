import { InputError, type InputProblem } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import type { ExpectedObject } from '#postgres/expected-objects';
import type { ApiObject } from '#supabase/data-api';
import type { MigrationPorts } from './migrate.ts';
import type { Given } from './plan-options.ts';

/** Asks the Data API whether it knows what was migrated; undefined where no key is given. @throws InputError (S11). */
export function schemaCacheProver(
  runner: Runner,
  given: Pick<Given, 'dataApiKey' | 'dataApiUrl'>,
  settings: Pick<EnvironmentSettings, 'database'>,
): MigrationPorts['proveSchemaCache'] {
  const { dataApiKey: key } = given;
  const { project } = settings.database;
  if (key === undefined) return undefined;
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
