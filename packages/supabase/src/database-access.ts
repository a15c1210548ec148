import { z } from 'zod';
import type { HttpRequest } from '#http/client';
import type { SupabaseConnection } from './edge-functions.ts';
import { openManagementApi } from './management-api.ts';
import { SupabaseError } from './supabase-error.ts';

// Shapes of the Management API (facts/supabase.md §6): GET …/config/database/pooler answers one entry for each database, whose port is
// that of the transaction mode; POST …/cli/login-role {read_only} answers 201.
const poolerAnswer = z.array(
  z.object({ database_type: z.string(), db_host: z.string().min(1), db_port: z.number(), db_name: z.string() }),
);
const roleAnswer = z.object({ role: z.string().min(1), password: z.string().min(4), ttl_seconds: z.number() });

export interface PoolerAddress {
  host: string;
  /** Of the transaction mode. */
  port: number;
  database: string;
}

export interface LoginRole {
  role: string;
  password: string;
  seconds: number;
}

/** Ways into the database of one project. Every method throws SupabaseError, or the abort reason. */
export interface DatabaseAccess {
  /** The pooler in front of the primary. */
  pooler(): Promise<PoolerAddress>;
  /** A role with a password that ends by itself. A later call gives the same role another password. */
  createLoginRole(readOnly: boolean): Promise<LoginRole>;
}

export function openDatabaseAccess(connection: SupabaseConnection): DatabaseAccess {
  const { project } = connection;
  const { call } = openManagementApi(connection);
  const own = encodeURIComponent(project);
  return {
    async pooler() {
      const what = `Reading the pooler of project ${project}`;
      const found = await call(poolerAnswer, { path: `${own}/config/database/pooler` }, what);
      const primary = found.find(({ database_type: type }) => type === 'PRIMARY');
      if (primary === undefined)
        throw new SupabaseError('supabase_bad_answer', `${what}: the answer names no pooler of the primary database`);
      return { host: primary.db_host, port: primary.db_port, database: primary.db_name };
    },
    async createLoginRole(readOnly) {
      const request: HttpRequest = {
        method: 'POST',
        path: `${own}/cli/login-role`,
        json: { read_only: readOnly },
        attempts: 1,
      };
      const made = await call(roleAnswer, request, `Creating a login role of project ${project}`);
      return { role: made.role, password: made.password, seconds: made.ttl_seconds };
    },
  };
}
