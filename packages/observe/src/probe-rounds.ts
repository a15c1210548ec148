import type { ProbeOutcome } from '#probe/probe';
import type { Bucket } from './bucket.ts';
import { intervalsOf } from './source.ts';

/** One round of all checks of a watch. */
export interface ProbeRound {
  /** When it was sent, milliseconds. */
  at: number;
  outcomes: readonly ProbeOutcome[];
}

/** What the watch's own checks say, apart from the traffic of users. */
export interface ProbeState {
  rounds: number;
  failedRounds: number;
  /** A check that failed in the newest rounds, again and again; undefined when none did. */
  failing?: ProbeOutcome;
  /** True when every round that ran passed; false without any round. */
  clean: boolean;
}

// One failed probe is a hiccup, three in a row are an outage that users feel.
const PERSISTENT_ROUNDS = 3;

/** Looks for a check that fails in the newest rounds in a row. Rounds in which nothing could run say nothing. */
export function judgeProbes(rounds: readonly ProbeRound[]): ProbeState {
  const ran = rounds.filter((round) => round.outcomes.some((each) => each.outcome !== 'could-not-run'));
  const failedIn = (round: ProbeRound, name: string): ProbeOutcome | undefined =>
    round.outcomes.find((each) => each.name === name && each.outcome === 'fail');
  const newest = ran.slice(-PERSISTENT_ROUNDS);
  const failing = newest.at(-1)?.outcomes.find((each) => {
    return newest.length === PERSISTENT_ROUNDS && newest.every((round) => failedIn(round, each.name));
  });
  const failedRounds = ran.filter((round) => round.outcomes.some((each) => each.outcome === 'fail')).length;
  return { rounds: ran.length, failedRounds, ...(failing && { failing }), clean: ran.length > 0 && failedRounds === 0 };
}

/** Rounds as buckets: every probe is a request. An interval without a round is left out. */
export function bucketsOfRounds(
  rounds: readonly ProbeRound[],
  from: number,
  until: number,
  intervalMs: number,
): Bucket[] {
  return intervalsOf(from, until, intervalMs).flatMap(({ start, end }) => {
    const outcomes = rounds.filter((round) => round.at >= start && round.at < end).flatMap((round) => round.outcomes);
    const ran = outcomes.filter((each) => each.outcome !== 'could-not-run');
    if (ran.length === 0) return [];
    const errors = ran.filter((each) => each.outcome === 'fail').length;
    return [{ start: start / 1000, end: end / 1000, requests: ran.length, errors }];
  });
}
