import type { OpenRaise } from './pool-record.ts';

export type PoolBack =
  | { kind: 'nothing' }
  /** Its time is not over. */
  | { kind: 'waits'; dueAt: number; raised: number; former: number }
  | { kind: 'put-back'; former: number; raised: number; dueAt: number }
  /** It stands already as it was: put back by a run that died before it could say so, or never raised. */
  | { kind: 'is-back'; former: number }
  /** Somebody else has changed it since: theirs stays. */
  | { kind: 'left'; now: number | undefined; former: number; raised: number };

/**
 * What to do about raises that are not over, newest first. What any of them set is ours: a run that died between two leaves the older
 * value. `now`: the size that holds, undefined where nobody has set one. `at` in milliseconds; `early`: a person does not want to wait. Pure.
 */
export function decidePoolBack(
  open: readonly OpenRaise[],
  given: { now: number | undefined; at: number; early: boolean },
): PoolBack {
  const [newest] = open;
  if (newest === undefined) return { kind: 'nothing' };
  const { former, raised, dueAt } = newest;
  if (dueAt > given.at && !given.early) return { kind: 'waits', dueAt, raised, former };
  if (given.now === former) return { kind: 'is-back', former };
  if (open.some((each) => each.raised === given.now))
    return { kind: 'put-back', former, raised: given.now ?? raised, dueAt };
  return { kind: 'left', now: given.now, former, raised };
}
