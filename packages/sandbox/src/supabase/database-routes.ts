import { jsonAnswer, jsonBody } from '../http/answer.ts';
import type { RouteHandler, Routes } from '../http/router.ts';

/** The ways into the database of the project; tests set it. */
export interface DatabaseAccessState {
  /** Absent: the project has no pooler. */
  pooler?: { host: string; port: number };
  /** Connections that it opens to the database; null: the platform's own default. */
  poolSize: number | null;
  /** Makes the role and answers its password. */
  createRole?: (role: string, readOnly: boolean) => Promise<string>;
  /** TypeScript types of the schemas; absent: the project is away. */
  generateTypes?: (schemas: string[]) => Promise<string>;
  /** Every role that was asked for. */
  created: { readOnly: boolean }[];
  ttlSeconds: number;
}

export function createDatabaseAccessState(): DatabaseAccessState {
  return { created: [], ttlSeconds: 300, poolSize: 15 };
}

const base = '/v1/projects/:ref';

/** The Management API's routes into the database: documented shapes (facts/supabase.md §6). */
export function databaseRoutes(
  state: DatabaseAccessState,
  project: string,
  guarded: (handler: RouteHandler) => RouteHandler,
): Routes {
  const { created } = state;
  return {
    // Reference "Generate TypeScript types": `included_schemas` is one text, separated by commas.
    [`GET ${base}/types/typescript`]: guarded(async (request) => {
      const unknown = [...request.query.keys()].find((name) => name !== 'included_schemas');
      if (unknown !== undefined) return jsonAnswer(400, { message: `${unknown}: is not known` });
      if (state.generateTypes === undefined) return jsonAnswer(500, { message: 'Failed to generate types' });
      const schemas = (request.query.get('included_schemas') ?? 'public').split(',');
      return jsonAnswer(200, { types: await state.generateTypes(schemas) });
    }),
    [`GET ${base}/config/database/pooler`]: guarded(() =>
      jsonAnswer(
        200,
        state.pooler === undefined
          ? []
          : [
              {
                identifier: project,
                database_type: 'PRIMARY',
                is_using_scram_auth: true,
                db_user: `postgres.${project}`,
                db_host: state.pooler.host,
                db_port: state.pooler.port,
                db_name: 'postgres',
                connection_string: `postgres://postgres.${project}:[YOUR-PASSWORD]@${state.pooler.host}:${state.pooler.port}/postgres`,
                default_pool_size: state.poolSize,
                max_client_conn: 200,
                pool_mode: 'transaction',
              },
            ],
      ),
    ),
    // Reference "Updates project's supavisor config": two fields, both optional.
    [`PATCH ${base}/config/database/pooler`]: guarded((request) => {
      const { default_pool_size: size, pool_mode: mode, ...unknown } = jsonBody(request) ?? {};
      const [surplus] = Object.keys(unknown);
      if (surplus !== undefined) return jsonAnswer(400, { message: `${surplus}: is not known` });
      if (size !== undefined && !Number.isSafeInteger(size))
        return jsonAnswer(400, { message: 'default_pool_size: must be an integer' });
      if (mode !== undefined && mode !== 'transaction') return jsonAnswer(400, { message: 'pool_mode: is not known' });
      if (state.pooler === undefined) return jsonAnswer(500, { message: 'Failed to update supavisor config' });
      if (typeof size === 'number') state.poolSize = size;
      return jsonAnswer(200, { default_pool_size: state.poolSize, pool_mode: 'transaction' });
    }),
    [`POST ${base}/cli/login-role`]: guarded(async (request) => {
      const readOnly = jsonBody(request)?.read_only;
      if (typeof readOnly !== 'boolean') return jsonAnswer(400, { message: 'read_only: must be a boolean value' });
      if (state.createRole === undefined) return jsonAnswer(403, { message: 'Forbidden resource' });
      created.push({ readOnly });
      const role = readOnly ? 'cli_login_supabase_read_only_user' : 'cli_login_postgres';
      const password = await state.createRole(role, readOnly);
      return jsonAnswer(201, { role, password, ttl_seconds: state.ttlSeconds });
    }),
  };
}
