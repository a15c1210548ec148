import type { Combination } from '#config/settings';
import { chooseApp, chooseDecisive, SEEN_SHARE, type SourceState } from './combine-sources.ts';
import type { WatchFacts } from './conclude-watch.ts';
import type { SourceReader } from './source-reader.ts';
import { findTrafficCollapse } from './traffic-collapse.ts';
import type { WatchedProject } from './watch-types.ts';

/** Of each project of a group, the reader that speaks for it. */
interface Speaker {
  app: string | undefined;
  reader: SourceReader;
  disagree: boolean;
  seen: boolean;
  collapsed: boolean;
}

/** The reader that speaks for all after so many intervals, and what follows from it; `before` stays where none can. */
export function decisiveOf(
  readers: readonly SourceReader[],
  combine: Combination,
  elapsed: number,
  before: SourceReader,
): {
  decisive: SourceReader;
  /** Those that speak for one project each; one where there is one project. */
  speaking: readonly SourceReader[];
  facts: Pick<
    WatchFacts,
    'buckets' | 'early' | 'baseline' | 'baselineFailed' | 'judgement' | 'noData' | 'disagree' | 'aside' | 'apps'
  >;
} {
  const names = [...new Set(readers.map(({ source }) => source.app))];
  const speakers = names.map((app): Speaker => {
    const own = readers.filter(({ source }) => source.app === app);
    const { index, disagree } = chooseDecisive(own.map(stateOf), combine, elapsed);
    const reader = own[index] ?? before;
    const collapsed = findTrafficCollapse(reader.baseline, reader.buckets) !== undefined;
    return { app, reader, disagree, seen: sawEnough(reader, elapsed), collapsed };
  });
  const chosen =
    speakers[
      chooseApp(
        speakers.map(({ reader: { judgement }, disagree, seen, collapsed }) => ({
          seen,
          disagree,
          collapsed,
          verdict: judgement?.verdict,
          final: judgement?.final,
        })),
      )
    ];
  const decisive = chosen?.reader ?? before;
  const { buckets, early, baseline, baselineFailed, judgement, noData, source } = decisive;
  const beside = readers.filter((reader) => reader.source.app === source.app && reader !== decisive);
  const blind = beside
    .filter((reader) => reader.noData && !reader.countsNothing)
    .map((reader) => `${reader.source.name} could not be read (${reader.noData?.message})`);
  const waiting = beside
    .filter((reader) => reader.waitsForBaseline && !decisive.waitsForBaseline)
    .map((reader) => `${reader.source.name} could not be compared (${reader.baselineFailed?.message})`);
  const whose = source.app === undefined ? source.name : `${source.name} of ${source.app}`;
  const projects = speakers.length > 1 ? speakers.map(toProject) : [];
  const told = [
    ...(blind.length + waiting.length > 0 || source.app !== undefined ? [`judged by ${whose}`] : []),
    ...blind,
    ...waiting,
    ...(projects.length > 0 ? [`of each project: ${projects.map(describeProject).join(', ')}`] : []),
  ];
  return {
    decisive,
    speaking: speakers.map(({ reader }) => reader),
    facts: {
      buckets,
      early,
      baseline,
      baselineFailed,
      judgement,
      noData,
      disagree: chosen?.disagree ?? false,
      aside: told.length > 0 ? told.join('; ') : undefined,
      ...(projects.length > 0 && { apps: projects }),
    },
  };
}

/**
 * Readers in the order in which they are asked within one interval, those of one step together. With `primary` a source that can look
 * back comes after those in whose place it would speak: it is asked where they do not, and then about all of the time.
 */
export function askedInTurn(readers: readonly SourceReader[], combine: Combination): SourceReader[][] {
  const steps: SourceReader[][] = [];
  for (const reader of readers) {
    const step = combine === 'primary' && reader.source.looksBack ? earlierOf(readers, reader).length : 0;
    steps[step] = [...(steps[step] ?? []), reader];
  }
  return steps.filter((step) => step !== undefined);
}

/** True where of the earlier sources of the same project one speaks: it saw enough of so many intervals, and waits for no time before. */
export function isSpokenFor(readers: readonly SourceReader[], reader: SourceReader, elapsed: number): boolean {
  const earlier = earlierOf(readers, reader);
  const speaker = earlier[chooseDecisive(earlier.map(stateOf), 'primary', elapsed).index];
  return speaker !== undefined && sawEnough(speaker, elapsed) && !speaker.waitsForBaseline;
}

/** What speaks for the same project first. */
function earlierOf(readers: readonly SourceReader[], reader: SourceReader): SourceReader[] {
  const own = readers.filter(({ source }) => source.app === reader.source.app);
  return own.slice(0, own.indexOf(reader));
}

function stateOf(reader: SourceReader): SourceState {
  const { judgement, waitsForBaseline, baseline } = reader;
  const comparison = waitsForBaseline ? 'waiting' : baseline.length > 0 ? 'read' : undefined;
  return { known: knownOf(reader), verdict: judgement?.verdict, comparison };
}

function sawEnough(reader: SourceReader, elapsed: number): boolean {
  const known = knownOf(reader);
  return known > 0 && known >= elapsed * SEEN_SHARE;
}

/** Intervals of the window alone: those from before it do not make up for them. */
function knownOf({ buckets, early }: SourceReader): number {
  return buckets.length - early;
}

function toProject({ app, reader, seen, collapsed }: Speaker): WatchedProject {
  const { buckets, judgement, noData, source } = reader;
  const verdict = judgement?.verdict === 'pass' && collapsed ? 'inconclusive' : (judgement?.verdict ?? 'inconclusive');
  return {
    ...(app !== undefined && { app }),
    source: source.name,
    denominator: source.denominator,
    verdict: seen ? verdict : 'no-data',
    requests: buckets.reduce((sum, { requests }) => sum + requests, 0),
    errors: buckets.reduce((sum, { errors }) => sum + errors, 0),
    ...(noData && { noData }),
  };
}

function describeProject({ app = 'the first one', verdict, requests, errors, noData }: WatchedProject): string {
  const why = verdict === 'no-data' && noData ? ` (${noData.message})` : '';
  return `${app} ${verdict}${why} with ${errors} errors in ${requests} requests`;
}
