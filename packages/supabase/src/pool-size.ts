import { z } from 'zod';
import type { SupabaseConnection } from './edge-functions.ts';
import { openManagementApi } from './management-api.ts';
import { SupabaseError } from './supabase-error.ts';

// Reference of the Management API, "Gets project's supavisor config" and "Updates project's supavisor config": GET answers one entry for
// each database, whose size is null where the platform's own default holds; PATCH takes default_pool_size.
const poolerAnswer = z.array(z.object({ database_type: z.string(), default_pool_size: z.number().int().nullish() }));
const changeAnswer = z.object({ default_pool_size: z.number().int().nullish() });

const rights = 'database_pooling_config_read and database_pooling_config_write';

/** How many connections the pooler of one project opens to its database. Every method throws SupabaseError, or the abort reason. */
export interface PoolSize {
  /** Undefined: nobody has set it, and the platform's default for the machine holds. */
  read(): Promise<number | undefined>;
  /** Sent again after a failure: it says what holds afterwards, however often it arrives. */
  set(size: number): Promise<void>;
}

export function openPoolSize(connection: SupabaseConnection): PoolSize {
  const { project } = connection;
  const { call } = openManagementApi(connection);
  const path = `${encodeURIComponent(project)}/config/database/pooler`;
  return {
    async read() {
      const what = `Reading the pool size of project ${project}`;
      const found = await call(poolerAnswer, { path }, what, rights);
      const primary = found.find(({ database_type: type }) => type === 'PRIMARY');
      if (primary === undefined)
        throw new SupabaseError('supabase_bad_answer', `${what}: the answer names no pooler of the primary database`);
      return primary.default_pool_size ?? undefined;
    },
    async set(size) {
      const json = { default_pool_size: size };
      const what = `Setting the pool size of project ${project} to ${size}`;
      await call(changeAnswer, { method: 'PATCH', path, json, repeat: 'always' }, what, rights);
    },
  };
}
