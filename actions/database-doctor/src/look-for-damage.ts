import { InputError } from '#action-kit/input-error';
import type { EnvironmentSettings } from '#config/settings';
import { type IntegrityQuery, readIntegrityQueries } from '#postgres/only-select';
import { loadSqlParser } from '#postgres/sql-parser';

/**
 * A table of a log may be large, and a database in trouble is not asked for more. All together leave the job, which has ten minutes,
 * the time to say what it found and to do what was confirmed.
 */
export const damageLimits = { eachMs: 30_000, allMs: 180_000 };

/**
 * The queries that say how damage looks: those of `database.damage-queries` and the checks of a rollback. @throws InputError where there
 * are none, or one does not only read.
 */
export async function damageQueries({ database }: Pick<EnvironmentSettings, 'database'>): Promise<IntegrityQuery[]> {
  const named = [...(database.damageQueries ?? []), ...(database.rollbackChecks ?? [])];
  if (named.length === 0) {
    const message =
      'needs to know how damage looks: .github/ops.yml has neither database.damage-queries nor rollback.database.checks';
    throw new InputError([{ name: 'look-for-damage', message, allowed: 'queries by name, each a SELECT' }]);
  }
  const { queries, wrong } = readIntegrityQueries(named, await loadSqlParser());
  if (wrong.length === 0) return queries;
  throw new InputError(
    wrong.map(({ name, why }) => ({
      name: `database.damage-queries.${name}`,
      message: why,
      allowed: 'one SELECT that only reads',
    })),
  );
}
