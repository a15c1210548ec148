import type { InputProblem } from '#action-kit/input-error';
import type { InputValues } from '#action-kit/inputs';
import type { MitigationRequest } from '#postgres/doctor/plan-mitigation';
import type { inputs } from './inputs.ts';
import type { PoolMitigation } from './plan-pool.ts';

export type Given = InputValues<typeof inputs>;

/** Of what is done in the database itself; the pooler is in front of it. */
export type GivenForDatabase = Omit<Given, 'mitigate'> & { mitigate: Exclude<Given['mitigate'], PoolMitigation> };

/** What the doctor is to do beside its report. */
export type Request =
  | { kind: 'none' }
  | { kind: 'signals'; request: MitigationRequest }
  | {
      kind: 'read-only';
      on: boolean;
      expiresMs: number;
      /** Superusers whose sessions end, too. */
      include: readonly string[];
    };

/** Reads the request out of the inputs; every contradiction at once. Pure. */
export function planRequest(given: GivenForDatabase, database: string): { request: Request; problems: InputProblem[] } {
  const { mitigate, user, application, include = [] } = given;
  const chosen = given.database;
  const problems: InputProblem[] = [];
  const problem = (name: string, message: string): void => {
    problems.push({ name, message });
  };
  const ofPool = { 'pool-size': given.poolSize, keep: given.keep || undefined };
  for (const [name, value] of Object.entries(ofPool))
    if (value !== undefined) problem(name, 'is only used with mitigate: raise-pool');
  const narrowed = user !== undefined || application !== undefined;
  if (mitigate === 'none') {
    const useless = { database: chosen, user, application, 'older-than': given.olderThan, confirm: given.confirm };
    for (const [name, value] of Object.entries(useless)) {
      if (value !== undefined) problem(name, 'is only used with mitigate');
    }
    return { request: { kind: 'none' }, problems };
  }
  if (mitigate === 'terminate-idle' && !narrowed) {
    problem('mitigate', 'terminate-idle needs user or application: idle sessions of a pool are its normal state');
  }
  const word = given.environment ?? chosen ?? database;
  if (!given.dryRun && given.confirm !== word) {
    const typed = given.confirm === undefined ? 'was not given' : 'does not repeat it';
    problem('confirm', `${typed}: type ${word} to do this, or set dry-run to see what would be done`);
  }
  if (mitigate === 'read-only-on' || mitigate === 'read-only-off') {
    if (chosen !== undefined) problem('database', 'is not for read-only: that holds for the database of database-url');
    if (narrowed) problem(user === undefined ? 'application' : 'user', 'read-only holds for the whole database');
    return {
      request: { kind: 'read-only', on: mitigate === 'read-only-on', expiresMs: given.expires, include },
      problems,
    };
  }
  const standard = mitigate.startsWith('cancel') ? 5 * 60_000 : 10 * 60_000;
  const olderThanSeconds = (given.olderThan ?? standard) / 1000;
  return {
    request: {
      kind: 'signals',
      request: { kind: mitigate, olderThanSeconds, user, application, database: chosen ?? database, include },
    },
    problems,
  };
}
