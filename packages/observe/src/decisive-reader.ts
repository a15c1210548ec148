import type { Combination } from '#config/settings';
import { chooseDecisive } from './combine-sources.ts';
import type { WatchFacts } from './conclude-watch.ts';
import type { SourceReader } from './source-reader.ts';

/** The reader that speaks for all after so many intervals, and what follows from it; `before` stays where none can. */
export function decisiveOf(
  readers: readonly SourceReader[],
  combine: Combination,
  elapsed: number,
  before: SourceReader,
): {
  decisive: SourceReader;
  facts: Pick<WatchFacts, 'buckets' | 'baseline' | 'judgement' | 'noData' | 'disagree' | 'aside'>;
} {
  const states = readers.map(({ buckets, judgement }) => ({ known: buckets.length, verdict: judgement?.verdict }));
  const { index, disagree } = chooseDecisive(states, combine, elapsed);
  const decisive = readers[index] ?? before;
  const { buckets, baseline, judgement, noData, source } = decisive;
  const others = readers.filter((reader) => reader !== decisive && reader.noData);
  const blind = others.map((reader) => `${reader.source.name} could not be read (${reader.noData?.message})`);
  const aside = blind.length > 0 ? [`judged by ${source.name}`, ...blind].join('; ') : undefined;
  return { decisive, facts: { buckets, baseline, judgement, noData, disagree, aside } };
}
