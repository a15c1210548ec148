import { describeSource } from '../../test/source-contract.ts';
import type { ProbeRound } from '../probe-rounds.ts';
import { probeSource } from './probe.ts';

const ownChecks =
  'the rounds are those of this watch: it asks no service, and health and smoke checks have suites of their own';
const rounds: ProbeRound[] = [];

describeSource({
  name: 'probe',
  make: () => probeSource(rounds),
  secret: { not: ownChecks },
  asks: { not: ownChecks },
  tells: {
    intervalMs: 200,
    nothingMeans: 'no-data',
    serve(_, { requests, errors, start, end }) {
      for (let index = 0; index < requests; index += 1) {
        const outcome = index < errors ? 'fail' : 'pass';
        const at = start + ((index + 0.5) * (end - start)) / requests;
        rounds.push({ at, outcomes: [{ name: `check ${index}`, outcome }] as unknown as ProbeRound['outcomes'] });
      }
    },
    swapped: { not: 'a check passes or fails: there are no two numbers' },
    unitMistake: { not: 'checks are counted one by one: no number is read' },
    stale: { not: 'a round of before the interval is not of the interval, and without one it is left out' },
  },
  wrongCredentials: { not: ownChecks },
  wrongSite: { not: ownChecks },
  notANumber: { not: 'checks are counted one by one: no number is read' },
});
