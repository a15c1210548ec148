import { type FoundBackup, isRestorable } from './find-verified-backup.ts';

/** How long backups are kept, in days. */
export interface Retention {
  /** Of a schedule and before migrations. */
  automatic: number;
  /** By a person, and before restores. */
  manual: number;
}

/** As the runbooks have it. */
export const standardRetention: Retention = { automatic: 30, manual: 90 };

export interface Pruning {
  /** Oldest first. */
  prune: FoundBackup[];
  /** Why databases were left alone, one line each. */
  kept: string[];
}

const secondsOfDay = 24 * 60 * 60;
/** A manifest from further ahead was not made by a clock of ours. */
const aheadSeconds = 60 * 60;

/**
 * Which backups of one destination are removed. Of each database the newest verified one stays whatever its age, and
 * nothing is removed while the newest attempt is not verified or is older than `freshSeconds`: what is there may be needed.
 * Only files that bear the names that we give, of this environment. Pure.
 */
export function decidePruning(
  backups: readonly FoundBackup[],
  given: {
    environment: string;
    retention: Retention;
    /** Age that the newest verified one may have. */
    freshSeconds: number;
    /** Unix seconds. */
    now: number;
  },
): Pruning {
  const own = backups.filter(
    (backup) =>
      backup.manifest.environment === given.environment && isOurs(backup) && age(backup, given.now) >= -aheadSeconds,
  );
  const prune: FoundBackup[] = [];
  const kept: string[] = [];
  for (const [identity, group] of Map.groupBy(own, ({ manifest }) => manifest.source.identity)) {
    // Without it nobody knows which of them stand for each other.
    if (identity === undefined) continue;
    const [newest, ...older] = group.toSorted((a, b) => b.manifest.createdAt - a.manifest.createdAt);
    if (newest === undefined) continue;
    if (!proven(newest)) {
      kept.push(`nothing is removed: the newest backup ${newest.manifestFile} is ${describe(newest)}`);
      continue;
    }
    if (age(newest, given.now) > given.freshSeconds) {
      kept.push(`nothing is removed: the newest backup ${newest.manifestFile} is itself too old`);
      continue;
    }
    prune.push(...older.filter((backup) => age(backup, given.now) > days(backup, given.retention) * secondsOfDay));
  }
  return { prune: prune.toSorted((a, b) => a.manifest.createdAt - b.manifest.createdAt), kept };
}

/** Proven by a restore, and all of it lies there. Pure. */
export function proven(backup: FoundBackup): boolean {
  return backup.complete && isRestorable(backup.manifest);
}

/** The files of a backup in the order of their removal: the manifest last, so that a death in between is taken up again. */
export function filesOf({ manifest, manifestFile }: FoundBackup): string[] {
  const { object, contents } = manifest;
  return [object.file, ...(contents === undefined ? [] : [contents.file]), manifestFile];
}

/** A manifest is text in a store: it must not name files of others. */
function isOurs({ manifest, manifestFile }: FoundBackup): boolean {
  const { name, object, contents } = manifest;
  return (
    manifestFile === `${name}.manifest.json` &&
    object.file === `${name}.dump.zst.${object.encryption}` &&
    (contents === undefined || contents.file === `${name}.contents.zst.${object.encryption}`)
  );
}

function days({ manifest }: FoundBackup, retention: Retention): number {
  return manifest.kind === 'scheduled' || manifest.kind === 'migration' ? retention.automatic : retention.manual;
}

function age({ manifest }: FoundBackup, now: number): number {
  return now - manifest.createdAt;
}

function describe({ manifest, complete }: FoundBackup): string {
  if (manifest.verification.verdict !== 'verified') return manifest.verification.verdict;
  return complete ? 'of single tables only' : 'not complete';
}
