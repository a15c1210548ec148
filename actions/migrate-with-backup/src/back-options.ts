import type { DatabaseSettings, WayBackOfDatabase } from '#config/settings';
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
  checks: readonly { name: string; sql: string }[];
  /** How long a forward fix may take. */
  forwardFixMs?: number;
}

/** The upper end of what the runbooks expect of a database that goes back: 15 to 30 minutes (DRB-09). */
const standardBackMs = 30 * 60_000;

/** Pure. */
export function readBack({ environment, calledBy }: Given, database: DatabaseSettings): BackOptions {
  const { rollbackPolicy: policy, forwardFixMs } = database;
  return {
    ...(environment === undefined ? {} : { environment }),
    ...(policy === undefined ? {} : { policy }),
    byName: calledBy === undefined,
    limitMs: database.rollbackLimitMs ?? standardBackMs,
    tables: database.rollbackTables ?? [],
    checks: database.rollbackChecks ?? [],
    ...(forwardFixMs === undefined ? {} : { forwardFixMs }),
  };
}
