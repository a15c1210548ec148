import type { EnvironmentLayer } from './ops-schema.ts';

/** A weakening that a file of the branch may not bring to production (S11). */
export interface Weakening {
  path: readonly string[];
  message: string;
}

/** Environments that may be weakened by ops.yml because they are not production, whatever the workflow file says. */
export const nonProductionNames = ['staging', 'preview', 'development'] as const;

/** Production is every environment that the workflow file neither marks as throw-away nor names staging, preview or development. */
export function isProduction(environment: string, throwAway: boolean): boolean {
  return !throwAway && !(nonProductionNames as readonly string[]).includes(environment);
}

/** The weakenings of production in a merged environment. */
export function findWeakenings(environment: EnvironmentLayer, name: string): Weakening[] {
  const why = `is refused, for ${name || 'what names no environment'} counts as production and a file of the branch cannot weaken it`;
  const lost = 'throw-away: true';
  const found: Weakening[] = [];
  if (environment.watch?.['on-no-data'] === 'pass') {
    found.push({
      path: ['watch', 'on-no-data'],
      message: `pass ${why}; no data is not zero errors. Only the workflow file may say so, by the input on-no-data of auto-rollback-on-error-rate or by ${lost}`,
    });
  }
  const { policy, verify } = environment.database?.backup ?? {};
  if (policy === 'platform' || policy === 'skip') {
    found.push({
      path: ['database', 'backup', 'policy'],
      message: `${policy} ${why}. Where the data may be lost, the workflow file says ${lost}`,
    });
  }
  if (verify === 'structure' || verify === 'checksum') {
    found.push({
      path: ['database', 'backup', 'verify'],
      message: `${verify} ${why}; a backup counts when it was restored. Where the data may be lost, the workflow file says ${lost}`,
    });
  }
  return found;
}
