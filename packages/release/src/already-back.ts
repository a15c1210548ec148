import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { ProjectState } from '#vercel/project';
import { findNotedRollback, type NotedRollback } from './decide-import.ts';
import { type Lock, readOwnLocks } from './lock.ts';
import type { LockTarget } from './lock-record.ts';
import { settle, within } from './patience.ts';
import { laptopRepositoryId } from './rollback-note.ts';

/** As long as the ledger is waited for: the way back does not hang on GitHub (S1). */
const patienceMs = 5_000;

/**
 * The rollback of ours that holds production already, by its lock or, where GitHub was silent then or is silent now, by the note that
 * Vercel keeps of it. Two people at 3 a.m.: the second `previous` must not go back one further.
 */
export async function findAlreadyBack(
  { github, clock }: { github: GitHub; clock: Clock },
  about: {
    environment: string;
    key: string;
    current: string | undefined;
    /** Open ones; undefined where they could not be read. */
    locks: readonly Lock[] | undefined;
  },
  state: ProjectState,
): Promise<{ target: LockTarget; reason: string } | undefined> {
  const { environment, key, current, locks } = about;
  const holder = locks?.findLast((lock) => lock.target !== undefined && lock.target.deploymentId === current);
  if (holder?.target !== undefined) return { target: holder.target, reason: holder.reason };
  const noted = findNotedBack({ repository: github.repository, environment, key, current }, state);
  if (noted === undefined || locks === undefined) return noted;
  const own = await within(clock, patienceMs, settle(readOwnLocks(github, { environment, key: noted.key })));
  const isKnown = own !== undefined && 'value' in own && own.value.length > 0;
  // Its lock is not among the open ones: it was lifted, and this is over.
  return isKnown ? undefined : noted;
}

/** The same by Vercel's note alone, where its target is what serves; `key` is that of whoever asks. Pure. */
export function findNotedBack(
  about: { repository: string; environment: string; key: string; current: string | undefined },
  state: ProjectState,
): NotedRollback | undefined {
  const { repository, environment, key, current } = about;
  const ownId = key.slice(0, Math.max(0, key.indexOf(':')));
  const repositoryIds = [ownId, laptopRepositoryId].filter((id) => /^\d+$/.test(id));
  const noted = findNotedRollback(state, { environment, repository, repositoryIds });
  return noted?.target.deploymentId === current ? noted : undefined;
}
