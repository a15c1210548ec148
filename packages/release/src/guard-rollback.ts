import type { VercelDeployment } from '#vercel/vercel-types';
import type { MigrationRecord, RecordedFile } from './migration-record.ts';
import type { ReleaseRecord } from './release-record.ts';

/** Whether the code of a target can bear the database as it is now (S3). */
export type Guard =
  | { verdict: 'safe' }
  | { verdict: 'unsafe'; reasonCode: 'crosses_contract'; files: string[]; reason: string }
  /** `named`: versions of contract files, applied or held, that deployments since the target name themselves. */
  | { verdict: 'unknown'; reasonCode: 'schema_unknown'; named: string[]; reason: string };

export interface GuardFacts {
  target: Pick<VercelDeployment, 'createdAt' | 'meta' | 'apps'>;
  /** Entry of the release that brought the target; undefined where none of ours did. */
  release?: Pick<ReleaseRecord, 'id' | 'key'> | undefined;
  /** Oldest first; undefined where the ledger could not be read. */
  migrations: readonly MigrationRecord[] | undefined;
  /** Deployments that came after the target, up to the current one. */
  since: readonly Pick<VercelDeployment, 'createdAt' | 'meta'>[];
  /** Ledger id up to which production served the target itself: what ran by then, it has borne. */
  bornUntil?: number | undefined;
}

/** Meta of a deployment: versions of contract files that its release applied or holds, separated by spaces (S3). */
export const contractsMeta = 'opsContracts';

/**
 * A target is unsafe when a file that its own commit did not hold removed since what its code may need. Files that were taken
 * back, or failed before they were in the history, remove nothing. Of a group each app is judged by the age of its own code. Pure.
 */
export function guardRollback(facts: GuardFacts): Guard {
  const own = guardOne(facts);
  const others = (facts.target.apps ?? []).flatMap(({ name, deploymentId, built }) => {
    if (built === undefined) return [];
    const guard = guardOne({ ...facts, target: built, release: undefined });
    return guard.verdict === 'safe' ? [] : [{ ...guard, reason: `${guard.reason} (${deploymentId} of ${name})` }];
  });
  const all: Guard[] = [own, ...others];
  const unsure = all.filter((guard) => guard.verdict === 'unknown');
  return (
    all.find(({ verdict }) => verdict === 'unsafe') ?? unsure.find(({ named }) => named.length > 0) ?? unsure[0] ?? own
  );
}

function guardOne(facts: GuardFacts): Guard {
  const { migrations, target } = facts;
  const newestKnown = target.meta.opsMigration ?? '';
  if (migrations === undefined) {
    const named = facts.since.flatMap(({ meta }) => (meta[contractsMeta] ?? '').split(/\s+/).filter(Boolean));
    const foreign = [...new Set(named)].filter((version) => version > newestKnown);
    const says =
      foreign.length === 0
        ? 'no deployment since the target names a contract migration'
        : `deployments since the target name contract migrations (${foreign.join(', ')})`;
    const reason = `the ledger does not say which migrations ran since the target; ${says}`;
    return { verdict: 'unknown', reasonCode: 'schema_unknown', named: foreign, reason };
  }
  const after = migrations.filter((record) => cameAfter(record, facts));
  const known = heldWith(facts);
  const crossed = standing(after).filter(({ version }) => version > newestKnown && !known.has(version));
  if (crossed.length > 0) {
    const names = crossed.map(({ file, phase }) => (phase === 'unsafe' ? `${file} (accepted)` : file));
    const files = crossed.map(({ file }) => file);
    const what = crossed.length === 1 ? 'a contract migration' : `${crossed.length} contract migrations`;
    const reason = `crosses ${what} that its code may not bear: ${names.join(', ')}`;
    return { verdict: 'unsafe', reasonCode: 'crosses_contract', files, reason };
  }
  if (after.some(({ direction }) => direction === 'command')) {
    const reason = 'a migration command of one’s own ran since the target, and the ledger does not know what it did';
    return { verdict: 'unknown', reasonCode: 'schema_unknown', named: [], reason };
  }
  return { verdict: 'safe' };
}

/** What a person can do about crossed files: their rollback SQL first, forward instead, or the typed reason. Pure. */
export function wayAround(files: readonly string[]): string {
  const list = files.join(', ');
  return `Next: take ${list} back first (migrate-with-backup with mode: rollback and to-version: the version before ${files[0]}, where rollback SQL is committed), or fix forward, or, where you know that the older code bears it, roll back with allow-unsafe: <reason>`;
}

function cameAfter(record: MigrationRecord, { release, target, bornUntil }: GuardFacts): boolean {
  if (bornUntil !== undefined) return record.id > bornUntil;
  if (release !== undefined) return record.id > release.id && record.key !== release.key;
  // GitHub's times are whole seconds, Vercel's are not.
  return record.at + 1000 > target.createdAt;
}

/** Versions that the target's own release knew and held back: its code does without what they remove. */
function heldWith({ migrations, release }: GuardFacts): Set<string> {
  const own = (migrations ?? []).filter(({ key }) => release !== undefined && key === release.key);
  return new Set(own.flatMap(({ files, held }) => [...files, ...held].map(({ version }) => version)));
}

/** What older code cannot bear and what is, or may be, in the history after all of these. */
function standing(records: readonly MigrationRecord[]): RecordedFile[] {
  const files = new Map<string, RecordedFile>();
  for (const record of records) {
    if (record.direction === 'back') {
      // Only what is known to be gone is gone.
      if (record.outcome?.word === 'rolled-back') for (const { version } of record.files) files.delete(version);
      continue;
    }
    for (const file of record.files)
      if (file.phase !== 'expand' && mayBeApplied(record, file)) files.set(file.version, file);
  }
  return [...files.values()];
}

/** Files that were applied one by one, in order; without an outcome each of them may have been. */
function mayBeApplied({ outcome }: MigrationRecord, { version }: RecordedFile): boolean {
  if (outcome === undefined || outcome.word === 'unknown') return true;
  if (outcome.word === 'not-started' || outcome.word === 'rolled-back') return false;
  return outcome.newest !== undefined && version <= outcome.newest;
}
