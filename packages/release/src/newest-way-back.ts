import type { GitHub } from '#github/client';
import { importedRollback } from './finished.ts';
import { readReleases } from './ledger.ts';
import type { ReleaseRecord } from './release-record.ts';
import { reasonOfMove } from './rollback-move.ts';

/** How long the newest way back of an app took, by GitHub's clock. */
export interface WayBackTime {
  environment: string;
  /** Unix seconds of its decision. */
  at: number;
  /** From the decision until it was verified, or, where the record does not say that, until the domains were back. */
  seconds: number;
  /** Rehearsed, or in earnest. */
  rehearsal: boolean;
}

/** Releases of one environment that are looked at: a way back is rare, and one of years ago says little. */
const lookedAt = 60;

/** Of all these environments the newest one; undefined: none of their newest releases was taken back. @throws GitHubError */
export async function newestWayBack(github: GitHub, environments: readonly string[]): Promise<WayBackTime | undefined> {
  const found: WayBackTime[] = [];
  for (const environment of new Set(environments)) {
    let seen = 0;
    for await (const record of readReleases(github, { environment })) {
      const time = wayBackTime(record);
      if (time !== undefined) found.push(time);
      seen += 1;
      if (time !== undefined || seen >= lookedAt) break;
    }
  }
  return found.toSorted((a, b) => b.at - a.at)[0];
}

/** Undefined: it was not taken back, or nothing says when. Pure. */
export function wayBackTime(record: ReleaseRecord): WayBackTime | undefined {
  const { facts, environment, closedAt, decision } = record;
  const back = facts.findLast(
    ({ step, kind, word }) => step === 'rollback' && kind === 'outcome' && word === 'rolled-back',
  );
  const decided = facts.findLast(
    ({ step, kind, at }) => step === 'rollback' && kind === 'intent' && at <= (back?.at ?? 0),
  );
  // Written hours later: its time there says nothing about the way back.
  if (back === undefined || decided === undefined || reasonOfMove(back.text) === importedRollback) return undefined;
  const end = decision === 'rolled-back' && closedAt !== undefined && closedAt >= back.at ? closedAt : back.at;
  return {
    environment,
    at: decided.at / 1000,
    seconds: (end - decided.at) / 1000,
    rehearsal: record.rehearsal === true,
  };
}
