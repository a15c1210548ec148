import { comparesWithBaseline } from '#config/rules';
import { BrokenRules } from './broken-rules.ts';
import { concludeOpen, concludeWatch, isBlind, type WatchConclusion, type WatchFacts } from './conclude-watch.ts';
import { decisiveOf } from './decisive-reader.ts';
import { mergeGauges } from './gauge-over.ts';
import { describeLateness } from './lateness.ts';
import { SourceReader } from './source-reader.ts';
import { outcomeOf } from './watch-outcome.ts';
import type { Watch, WatchOutcome } from './watch-types.ts';

/** A window that began in an earlier run. */
export interface ContinuedWatch extends Omit<Watch, 'mayEndEarly' | 'handOffMs' | 'probes' | 'superseded'> {
  /** When its first interval began; milliseconds. */
  since: number;
}

// A source that cannot be read now may be read by the next run: for as long as a watch in a job is extended, at most this long.
const LONGEST_EXTENSION_MS = 60 * 60_000;
// Counts of hours, for which some sources are asked interval by interval; nobody waits for them.
const LONGEST_READ_MS = 5 * 60_000;

// Where no next run would ask again, one answer of 502 must not be the last word.
const FURTHER_READS = 3;
const BETWEEN_READS_MS = 30_000;

/**
 * Judges a window from its beginning until now, and ends at once: all counts are read again, and every interval is judged in
 * its turn, so that the verdict is that of one sequential test over the whole window however many runs look at it and whenever.
 * The verdict is `inconclusive` with reason `window_open` while it goes on. Never rejects for what a source does.
 */
export async function continueWindow(watch: ContinuedWatch): Promise<WatchOutcome> {
  const all = [watch.source, ...(watch.others ?? [])];
  const able = all.filter(({ looksBack }) => looksBack);
  // What only counts while it is connected knows nothing of the time between two runs.
  // Of a source without counts the gauges may be known all the same.
  const beside = all.filter(({ looksBack, readingsOver }) => !looksBack && readingsOver !== undefined);
  const sources = able.length > 0 ? [...able, ...beside] : all;
  try {
    return await new Continuation(
      watch,
      sources.map((source) => new SourceReader(source, { ...watch, longestReadMs: LONGEST_READ_MS })),
    ).judge();
  } finally {
    await Promise.all(all.map((source) => source.close()));
  }
}

class Continuation {
  private readonly watch: ContinuedWatch;
  private readonly readers: readonly SourceReader[];
  private readonly interval: number;
  private readonly planned: number;
  private readonly broken: BrokenRules;
  private readonly facts: WatchFacts;
  private decisive: SourceReader;
  /** True where a rule cannot be judged for want of the time that it compares with, for which a later run asks again. */
  private uncompared = false;

  constructor(watch: ContinuedWatch, readers: readonly SourceReader[]) {
    this.watch = watch;
    this.readers = readers;
    this.interval = Math.max(watch.intervalMs, ...readers.map(({ source }) => source.granularityMs));
    this.planned = Math.max(1, Math.ceil(watch.windowMs / this.interval - 1e-6));
    this.broken = new BrokenRules(watch.log);
    this.decisive = readers[0] as SourceReader;
    const probeOnly = readers.every(({ source }) => source.name === 'probe');
    this.facts = { buckets: [], needed: this.planned, planned: this.planned, probeOnly };
  }

  async judge(): Promise<WatchOutcome> {
    const { clock, since } = this.watch;
    const lateMs = Math.max(...this.readers.flatMap(({ source }) => source.readAfterMs));
    const settledMs = Math.max(lateMs, ...this.readers.map(({ source }) => source.settledAfterMs ?? 0));
    const now = clock.now();
    const over = Math.floor((now - lateMs - since) / this.interval + 1e-6);
    const elapsed = Math.min(this.planned, Math.max(0, over));
    const until = since + this.planned * this.interval;
    const dueAt = until + settledMs;
    await this.readAll(since + elapsed * this.interval, now >= dueAt + this.extension());
    this.decide(0);
    const failed = this.judgeEach(elapsed);
    if (failed) return this.end(failed.conclusion, failed.at + lateMs);
    if (now < dueAt || this.mayBeReadLater(dueAt, now)) return this.end(concludeOpen(this.facts, until / 1000));
    const conclusion = concludeWatch(this.facts, true);
    if (!conclusion) throw new Error('a window ended without a conclusion');
    return this.end(conclusion, dueAt);
  }

  /** `lastly`: no later run will ask again. */
  private async readAll(end: number, lastly: boolean): Promise<void> {
    const { clock, signal, log, since } = this.watch;
    const { interval, readers } = this;
    await this.readCounts(end);
    const incomplete = () => isSilent(readers) || this.uncompared;
    for (let left = FURTHER_READS; lastly && left > 0 && incomplete(); left -= 1) {
      log(`Not everything could be read: asking again in ${BETWEEN_READS_MS / 1000} s, ${left} times more`);
      await clock.sleep(BETWEEN_READS_MS, signal);
      await this.readCounts(end);
    }
    const before = this.watch.baselineUntil ?? since;
    await Promise.all(
      readers.map(async (reader) => {
        await reader.readReadings(since, end, interval);
        await reader.readGauges({ since, before }, end, interval);
      }),
    );
  }

  private async readCounts(end: number): Promise<void> {
    const { since, baselineMs, baselineFrom = 'before', baselineUntil = since } = this.watch;
    const { interval } = this;
    const wanted = { baselineMs, from: baselineFrom };
    await Promise.all(
      this.readers.map(async (reader) => {
        await reader.open(interval);
        await reader.readBaseline(baselineUntil, interval, wanted);
        if (end > since) await reader.read(since, end, interval);
      }),
    );
    this.uncompared = this.watch.rules.some(comparesWithBaseline) && lacksBaseline(this.readers);
  }

  /** The first interval after which the rules say that the release is bad, and what they say then. */
  private judgeEach(elapsed: number): { conclusion: WatchConclusion; at: number } | undefined {
    const { since, rules, minRequests } = this.watch;
    const readings = this.readers.flatMap(({ history }) => history);
    const seconds = { startedAt: since / 1000, intervalSeconds: this.interval / 1000 };
    const gauges = mergeGauges(this.readers);
    const window = { ...seconds, planned: this.planned, minRequests, readings, gauges };
    for (let index = 1; index <= elapsed; index += 1) {
      const at = since + index * this.interval;
      for (const reader of this.readers) reader.judgeNext(rules, window, at / 1000);
      this.decide(index);
      this.broken.note(this.facts.judgement?.rules ?? [], at / 1000);
      const conclusion = this.watch.toTheEnd ? undefined : concludeWatch(this.facts, false);
      if (conclusion) return { conclusion, at };
    }
    return undefined;
  }

  private decide(elapsed: number): void {
    const { decisive, facts } = decisiveOf(this.readers, this.watch.combine ?? 'primary', elapsed, this.decisive);
    this.decisive = decisive;
    Object.assign(this.facts, facts);
  }

  private mayBeReadLater(dueAt: number, now: number): boolean {
    const missing = (this.facts.noData !== undefined && isBlind(this.facts)) || this.uncompared;
    return missing && now < dueAt + this.extension();
  }

  private extension(): number {
    return Math.min(this.watch.windowMs, LONGEST_EXTENSION_MS);
  }

  private end(conclusion: WatchConclusion, dueAt?: number): WatchOutcome {
    const { clock, since } = this.watch;
    const endedAt = clock.now();
    const late = dueAt === undefined ? undefined : describeLateness(dueAt, endedAt);
    const { facts, readers, decisive, planned, broken } = this;
    const summary = [conclusion.summary, late].filter(Boolean).join('; ');
    const told = { ...conclusion, summary };
    const about = { facts, readers, decisive, startedAt: since, endedAt, intervalMs: this.interval, planned, broken };
    return { ...outcomeOf(told, about), ...(dueAt !== undefined && { dueAt: dueAt / 1000 }) };
  }
}

/** True where a project has no source that can be compared with its own past, though one of them may tell of it later. */
function lacksBaseline(readers: readonly SourceReader[]): boolean {
  const able = readers.filter(({ baselineFailed, buckets }) => baselineFailed === undefined && buckets.length > 0);
  const apps = new Set(able.map(({ source }) => source.app));
  const waiting = readers.filter(({ baselineFailed, hasGivenUp }) => baselineFailed !== undefined && !hasGivenUp);
  return waiting.some(({ source }) => !apps.has(source.app));
}

/** Nothing is known, and at least one of them may still answer. */
function isSilent(readers: readonly SourceReader[]): boolean {
  return (
    readers.every(({ noData, buckets }) => noData !== undefined && buckets.length === 0) &&
    readers.some(({ hasGivenUp, countsNothing }) => !hasGivenUp && !countsNothing)
  );
}
