import { InputError } from '#action-kit/inputs';
import { defaults } from '#config/defaults';
import type { DatabaseSettings, WayBackOfDatabase } from '#config/settings';
import { type IntegrityQuery, readIntegrityQueries } from '#postgres/only-select';
import { loadSqlParser } from '#postgres/sql-parser';
import type { Given } from './plan-options.ts';

/** How mode rollback takes the database of an environment back. */
export interface BackOptions {
  environment?: string;
  policy?: WayBackOfDatabase[];
  /** True where a person named rollback SQL itself, so that its place in the policy does not count. */
  byName: boolean;
  /** How long it may take before it is told as late. */
  limitMs: number;
  /** Tables that have to be there afterwards, and queries that find what is wrong. */
  tables: readonly string[];
  checks: readonly IntegrityQuery[];
  /** How long a forward fix may take. */
  forwardFixMs?: number;
}

/** Pure. */
export function readBack({ environment, calledBy }: Given, database: DatabaseSettings): BackOptions {
  const { rollbackPolicy: policy, forwardFixMs } = database;
  return {
    ...(environment === undefined ? {} : { environment }),
    ...(policy === undefined ? {} : { policy }),
    byName: calledBy === undefined,
    limitMs: database.rollbackLimitMs ?? defaults.database.rollbackLimitMs,
    tables: database.rollbackTables ?? [],
    checks: database.rollbackChecks ?? [],
    ...(forwardFixMs === undefined ? {} : { forwardFixMs }),
  };
}

/** A typo would be found only when the undo is committed already. @throws InputError with every query that cannot be one. */
export async function withReadableChecks(back: BackOptions): Promise<BackOptions> {
  if (back.checks.length === 0) return back;
  const { queries, wrong } = readIntegrityQueries(back.checks, await loadSqlParser());
  if (wrong.length === 0) return { ...back, checks: queries };
  throw new InputError(
    wrong.map(({ name, why }) => ({
      name: `rollback.database.checks.${name}`,
      message: `is no query that only reads: it ${why}`,
      allowed: 'one SELECT; every row that it returns is a fault',
    })),
  );
}
