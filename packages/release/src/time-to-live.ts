import { elapsed } from './elapsed.ts';

/** How long a release took from its opening until it was live, approvals included. */
export interface TimeToLive {
  seconds: number;
  budgetSeconds?: number;
  isOver: boolean;
  /** For people, e.g. `Live after 6 min 12 s, over its budget of 5 min.` */
  text: string;
}

/** Compares the time of a release with the budget of ops.yml; times in milliseconds (STG-04, DEP-10). Pure. */
export function judgeTimeToLive(given: {
  openedAt: number;
  promotedAt: number;
  budgetMs: number | undefined;
}): TimeToLive {
  const { openedAt, promotedAt, budgetMs } = given;
  // The ledger's time is GitHub's (S8): a clock that is behind must not make it negative.
  const seconds = Math.max(0, Math.round((promotedAt - openedAt) / 1000));
  const isOver = budgetMs !== undefined && seconds * 1000 > budgetMs;
  const budget = isOver ? `, over its budget of ${elapsed(budgetMs)}` : '';
  return {
    seconds,
    ...(budgetMs === undefined ? {} : { budgetSeconds: budgetMs / 1000 }),
    isOver,
    text: `Live after ${elapsed(seconds * 1000)}${budget}.`,
  };
}
