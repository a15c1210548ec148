import { type Bucket, isNoData } from './bucket.ts';
import { intervalsOf, type ObservationSource } from './source.ts';

/** What a source says where it answered and nobody was there; every other failure stays one. */
const nobodyThere = 'no_rows';

/** Enough for every rule to be sure of what it sees in the first interval. */
const leastAdded = 100;

/**
 * The source with a breach that nobody suffered (DRD-04): it is asked as always, then every request that it counted is an error, and
 * so are `requests` more (100 at least) in each interval. What it cannot read it cannot read in a rehearsal either. It tells nothing of the time
 * before, and no numbers beside the counts.
 */
export function rehearseBreach(source: ObservationSource, requests: number): ObservationSource {
  const { name, app, granularityMs, readAfterMs, settledAfterMs } = source;
  return {
    name,
    ...(app === undefined ? {} : { app }),
    granularityMs,
    readAfterMs,
    ...(settledAfterMs === undefined ? {} : { settledAfterMs }),
    denominator: `${source.denominator}, all of them failed for the rehearsal`,
    looksBack: false,
    open: () => source.open(),
    async read(from, until, intervalMs) {
      const answer = await source.read(from, until, intervalMs);
      if (!isNoData(answer)) return answer.map(fail);
      // One that never counts requests says the same, and has no time before.
      if (!source.looksBack || answer.noData !== nobodyThere) return answer;
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
        return fail({ start: start / 1000, end: end / 1000, requests: 0, errors: 0 });
      });
    },
    close: () => source.close(),
  };

  function fail(bucket: Bucket): Bucket {
    const all = bucket.requests + Math.max(requests, leastAdded);
    return { ...bucket, requests: all, errors: all };
  }
}
