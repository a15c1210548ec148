import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { ProjectState } from '#vercel/project';
import { findNotedRollback } from './decide-import.ts';
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
  const ownId = key.slice(0, Math.max(0, key.indexOf(':')));
  const repositoryIds = [ownId, laptopRepositoryId].filter((id) => /^\d+$/.test(id));
  const noted = findNotedRollback(state, { environment, repository: github.repository, repositoryIds });
  if (noted === undefined || noted.target.deploymentId !== current) return undefined;
  if (locks === undefined) return noted;
  const own = await within(clock, patienceMs, settle(readOwnLocks(github, { environment, key: noted.key })));
  const isKnown = own !== undefined && 'value' in own && own.value.length > 0;
  // Its lock is not among the open ones: it was lifted, and this is over.
  return isKnown ? undefined : noted;
}
