import type { MigrationRecord } from './migration-record.ts';
import type { LedgerFact } from './release-record.ts';

/**
 * Versions that earlier attempts of a release were about to apply, so that they may be in the history although this attempt found
 * nothing to do: a runner that died behind them, a build that failed. None where an attempt came as far as its promotion, where
 * anything else has migrated since, or where not all files are known. `records` oldest first. Pure.
 */
export function filesOfAttempts(
  records: readonly Pick<MigrationRecord, 'key' | 'direction' | 'files' | 'more'>[],
  release: { key: string; facts: readonly LedgerFact[] },
): string[] {
  if (release.facts.some(({ step }) => step === 'promote')) return [];
  const own = records.slice(records.findLastIndex(({ key }) => key !== release.key) + 1);
  if (own.some(({ direction, more }) => direction === 'command' || more !== undefined)) return [];
  const forward = own.filter(({ direction }) => direction === 'forward');
  return [...new Set(forward.flatMap(({ files }) => files.map(({ version }) => version)))];
}
