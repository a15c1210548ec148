import type { Finding } from './diagnose.ts';
import type { Damage } from './find-damage.ts';

/** How far damage goes: rows of all queries together (one row may be found by several), and when the first of it happened. */
export interface DamageScope {
  rows: number;
  /** Unix seconds; absent where no query told a time. */
  first?: number;
}

/**
 * What was found as findings, with the way back where its time is known. What could not be asked is a warning and never "no damage".
 * `environment` names the restore; in a public repository (`everybodyReads`) only totals are told (S23). Pure.
 */
export function judgeDamage(
  damage: readonly Damage[],
  about: { environment: string | undefined; everybodyReads: boolean },
): { findings: Finding[]; scope: DamageScope; restore?: string } {
  const found = damage.flatMap((each) => ('rows' in each && each.rows > 0 ? [each] : []));
  const failed = damage.flatMap((each) => ('failed' in each ? [each] : []));
  const rows = found.reduce((sum, each) => sum + each.rows, 0);
  const times = found.flatMap(({ first }) => (first === undefined ? [] : [first]));
  const scope: DamageScope = { rows, ...(times.length > 0 && { first: Math.min(...times) }) };
  const restore = scope.first === undefined ? undefined : restoreCommand(scope.first, about.environment);
  const findings: Finding[] = [];
  if (rows > 0) {
    const named = found.map(
      (each) => `${each.name} ${each.rows}${each.first === undefined ? '' : ` since ${iso(each.first)}`}`,
    );
    const since =
      scope.first === undefined ? 'nobody told since when: add a column "at"' : `the first at ${iso(scope.first)}`;
    findings.push({
      severity: 'critical',
      code: 'data_damaged',
      message: `${rows} damaged rows, ${since}${about.everybodyReads ? '' : ` (${named.join('; ')})`}`,
      next:
        restore === undefined
          ? 'find out when it began, then restore the newest verified backup before that moment (docs/runbooks/database-is-stuck.md)'
          : `stop what writes it, then restore the newest verified backup before it: ${restore}`,
    });
  }
  for (const { name, failed: sqlstate } of failed)
    findings.push({
      severity: 'warning',
      code: 'damage_not_checked',
      message: `${about.everybodyReads ? 'a query about damage' : `the query ${name}`} could not be asked (SQLSTATE ${sqlstate}): whether there is damage is not known`,
      next: 'correct database.damage-queries, or give this role what it may read',
    });
  return { findings, scope, ...(restore === undefined ? {} : { restore }) };
}

/** The backup is the newest verified one that is older than this moment (RES-05); keys and address are given as for every restore. */
function restoreCommand(first: number, environment: string | undefined): string {
  const of =
    environment === undefined
      ? ''
      : `--input environment=${/^[\w.-]+$/.test(environment) ? environment : `'${environment.replaceAll("'", "'\\''")}'`} `;
  return `node bin/ops-actions.js run actions/restore ${of}--input before=${iso(first)}`;
}

function iso(seconds: number): string {
  return new Date(Math.floor(seconds * 1000)).toISOString();
}
