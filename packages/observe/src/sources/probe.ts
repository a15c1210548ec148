import { bucketsOfRounds, type ProbeRound } from '../probe-rounds.ts';
import type { ObservationSource } from '../source.ts';

/** Our own checks as the only source: needs no account; it says that the checks pass, not that users are well. */
export function probeSource(rounds: readonly ProbeRound[]): ObservationSource {
  return {
    name: 'probe',
    granularityMs: 0,
    denominator: 'own probes',
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read(from, until, intervalMs) {
      return bucketsOfRounds(rounds, from, until, intervalMs);
    },
    async close() {},
  };
}
