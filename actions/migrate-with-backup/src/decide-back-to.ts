import { decideDatabaseBack } from '#release/decide-database-back';
import type { Migration } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/** `to-version` of mode rollback where the history was empty. */
const everything = '0';

export type BackFacts = Pick<MigrateOptions, 'onFailure' | 'phase' | 'back'> & {
  /** What is known of the release that this is a step of; absent: it is none. */
  release?: { firstDeployment: boolean } | undefined;
  /** Versions that an earlier attempt of this release may have applied. */
  earlier?: readonly string[] | undefined;
};

/** Where mode rollback has to take the database, and what may go on the way. */
export interface BackTo {
  /** The version that has to be the newest afterwards. */
  toVersion: string;
  versions: string[];
}

/**
 * What goes back where the app fails its tests behind the files of this release, before it is promoted (MIG-10, MIG-11).
 * Undefined: they stay whatever the app does. `ops.yml` has to say both: that a failure takes files back (`on-failure`), and that
 * rollback SQL comes first (`rollback.database.policy`). Pure.
 */
export function decideBackTo(migration: Migration, facts: BackFacts): BackTo | undefined {
  if (!mayGoBack(facts) || !('inspection' in migration) || migration.inspection === undefined) return undefined;
  const earlier = new Set(facts.earlier);
  const { applied } = migration.inspection;
  const now = migration.kind === 'ended' ? migration.outcome.applied.map(({ version }) => version) : [];
  const versions = [...applied.filter((version) => earlier.has(version)), ...now];
  const newest = applied
    .filter((version) => !earlier.has(version))
    .toSorted()
    .at(-1);
  // With include-all a file sorts before an applied one: mode rollback, which knows only the newest, would take that one, too.
  const isNewer = newest === undefined || versions.every((version) => version > newest);
  return versions.length > 0 && isNewer ? { toVersion: newest ?? everything, versions } : undefined;
}

/** Whether anything may go back by itself, whatever was applied. Pure. */
export function mayGoBack({ onFailure, phase, back, release }: BackFacts): boolean {
  // A project's first deployment is live at once: what it needs is not taken from under it.
  if (release === undefined || release.firstDeployment || onFailure === 'stop' || phase !== 'expand') return false;
  return 'way' in decideDatabaseBack(back.policy, false);
}
