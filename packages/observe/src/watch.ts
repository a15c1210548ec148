import { cleanText } from '#http/text';
import { BrokenRules } from './broken-rules.ts';
import {
  concludeEarly,
  concludeOpen,
  concludeWatch,
  isBlind,
  type WatchConclusion,
  type WatchFacts,
} from './conclude-watch.ts';
import { askedInTurn, decisiveOf, isSpokenFor } from './decisive-reader.ts';
import { describeInterval } from './describe-interval.ts';
import { type Lead, leadIntervals, unseenMs } from './lead.ts';
import { judgeProbes } from './probe-rounds.ts';
import type { ObservationSource } from './source.ts';
import { SourceReader } from './source-reader.ts';
import { outcomeOf } from './watch-outcome.ts';
import { alignedStart, readingTimes } from './watch-times.ts';
import type { Watch, WatchOutcome } from './watch-types.ts';

export type { Watch, WatchOutcome } from './watch-types.ts';

// Gauges and issues change slowly, and each reading is a request.
const READINGS_EVERY_MS = 5 * 60_000;

/**
 * Watches until a rule fails, somebody takes over, the run is cancelled, or the window is over. Never rejects for what a source
 * or a probe does: a cancelled watch ends with what it has seen.
 */
export async function observeWindow(watch: Watch): Promise<WatchOutcome> {
  const sources = [watch.source, ...(watch.others ?? [])];
  const coarsest = sources.reduce((one, other) => (other.granularityMs > one.granularityMs ? other : one));
  const interval = Math.max(watch.intervalMs, coarsest.granularityMs);
  if (interval > watch.intervalMs) {
    watch.log(`The source ${coarsest.name} counts per ${interval / 1000} s: that is the interval of this watch`);
  }
  const run = new WatchRun(watch, sources, interval);
  try {
    return await run.toItsEnd();
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

class WatchRun {
  private readonly watch: Watch;
  private readonly interval: number;
  private planned: number;
  private startedAt = 0;
  private facts: WatchFacts;
  private readonly readers: SourceReader[];
  private decisive: SourceReader;
  /** Of a group the one of each project. */
  private speaking: readonly SourceReader[] = [];
  private extended = false;
  private ended = false;
  private readingsAt = Number.NEGATIVE_INFINITY;
  private readonly broken: BrokenRules;

  constructor(watch: Watch, sources: readonly ObservationSource[], interval: number) {
    this.watch = watch;
    this.interval = interval;
    this.broken = new BrokenRules(watch.log);
    this.planned = Math.max(1, Math.ceil(watch.windowMs / interval - 1e-6));
    const { planned } = this;
    this.readers = sources.map((source) => new SourceReader(source, watch));
    this.decisive = this.readers[0] as SourceReader;
    this.facts = { buckets: [], needed: planned, planned, probeOnly: sources.every(({ name }) => name === 'probe') };
  }

  async toItsEnd(): Promise<WatchOutcome> {
    const { clock, signal } = this.watch;
    try {
      const known = await this.open();
      if (known) return this.end(known);
      for (let index = 0; index < this.planned; index += 1) {
        const ended = await this.watchInterval(index);
        if (ended) return this.end(ended);
        if (index + 1 === this.planned) this.extendIfBlind();
      }
      return this.end(concludeWatch(this.facts, true) ?? neverReached());
    } catch (error) {
      if (!signal.aborted) throw error;
      const conclusion = concludeWatch({ ...this.facts, cancelled: String(reasonOf(signal)) }, true) ?? neverReached();
      return this.end(conclusion, clock.now());
    }
  }

  /** The conclusion where what is known of the time since the promotion is enough. */
  private async open(): Promise<WatchConclusion | undefined> {
    const { clock } = this.watch;
    const granularity = Math.max(...this.readers.map(({ source }) => source.granularityMs));
    this.startedAt = alignedStart(clock.now(), granularity);
    await Promise.all(this.readers.map((reader) => reader.open(this.interval)));
    if (granularity < 60_000) this.startedAt = clock.now();
    await Promise.all(this.readers.map((reader) => this.readBaseline(reader)));
    this.chooseDecisive(0);
    // What gauges showed before the release did anything, so that it is not blamed on it.
    await this.readReadings(this.startedAt, false);
    // What an earlier step has read costs no request; other sources are asked at the end of the first interval.
    const told = this.readers.filter((reader) => !reader.source.looksBack && this.leadOf(reader) > 0);
    return told.length > 0 ? await this.readAndJudge(told, this.startedAt) : undefined;
  }

  private async readBaseline(reader: SourceReader): Promise<void> {
    const { baselineMs, baselineFrom: from = 'before', baselineUntil } = this.watch;
    // What was counted since the promotion is the new release: nothing to compare it with.
    const until = baselineUntil ?? this.startedAt - this.leadOf(reader) * this.interval;
    await reader.readBaseline(until, this.interval, { baselineMs, from });
  }

  /** What could not be opened, and a time before that could not be read, may be there by now. */
  private async askAgain(reader: SourceReader): Promise<void> {
    await reader.open(this.interval);
    if (reader.baselineFailed) await this.readBaseline(reader);
  }

  private get lead(): Lead {
    const { startedAt, interval: intervalMs, planned } = this;
    return { promotedAt: this.watch.promotedAt, startedAt, intervalMs, planned };
  }

  private leadOf({ source }: SourceReader): number {
    return leadIntervals(this.lead, source);
  }

  /** Waits for the end of one interval, reads, judges; the conclusion when the watch is over early. */
  private async watchInterval(index: number): Promise<WatchConclusion | undefined> {
    const { signal, log } = this.watch;
    const end = this.endOf(index);
    const taken = new AbortController();
    this.probe();
    // Beside the interval, which must not wait for it.
    for (const reader of this.readers) this.askAgain(reader).catch(() => {});
    this.askWhoTookOver(taken);
    const last = index + 1 === this.planned;
    const known = await this.readInterval(index, AbortSignal.any([signal, taken.signal]));
    if (known) return known;
    const read = await this.readReadings(end, last);
    log(this.describe(end));
    const broken = read ? this.judgeAll(end) : undefined;
    if (broken) return broken;
    const early = this.watch.mayEndEarly ? concludeEarly(this.facts, index + 1) : undefined;
    return this.mayHandOff(index + 1, early !== undefined)
      ? concludeOpen(this.facts, (this.startedAt + this.planned * this.interval) / 1000)
      : early;
  }

  /** Reads an interval once it has ended, each source in its turn; the conclusion where that ends the watch. */
  private async readInterval(index: number, wake: AbortSignal): Promise<WatchConclusion | undefined> {
    const { clock, signal, log, combine = 'primary' } = this.watch;
    const { readers: all } = this;
    const end = this.endOf(index);
    for (const [turn, step] of askedInTurn(all, combine).entries()) {
      const asked = turn === 0 ? step : step.filter((reader) => !isSpokenFor(all, reader, index + 1));
      for (const { delay, readers } of readingTimes(asked, index + 1 === this.planned)) {
        try {
          await clock.sleep(end + delay - clock.now(), wake);
        } catch (error) {
          if (signal.aborted) throw error;
          return concludeWatch(this.facts, true);
        }
        const early = await this.readAndJudge(readers, end);
        if (early === undefined) continue;
        log(this.describe(end));
        return early;
      }
    }
    return undefined;
  }

  private endOf(index: number): number {
    return this.startedAt + (index + 1) * this.interval;
  }

  /** Whether a later run can judge what follows: every source that speaks must be able to tell about it then. */
  private mayHandOff(elapsed: number, early: boolean): boolean {
    const { handOffMs } = this.watch;
    if (handOffMs === undefined || elapsed >= this.planned) return false;
    if (!early && elapsed * this.interval < handOffMs) return false;
    const canLookBack = this.speaking.every(({ source }) => source.looksBack);
    return canLookBack && !isBlind({ ...this.facts, needed: elapsed });
  }

  private async readAndJudge(readers: readonly SourceReader[], end: number): Promise<WatchConclusion | undefined> {
    await Promise.all(readers.map((reader) => reader.read(this.startedAt, end, this.interval, this.leadOf(reader))));
    return this.judgeAll(end);
  }

  private judgeAll(end: number): WatchConclusion | undefined {
    const { rules, minRequests } = this.watch;
    const readings = this.readers.flatMap(({ history }) => history);
    const { interval, planned } = this;
    const extendedSeconds = ((planned - this.facts.needed) * interval) / 1000;
    const window = { startedAt: this.startedAt / 1000, intervalSeconds: interval / 1000, planned, extendedSeconds };
    for (const reader of this.readers) {
      // "Within 15m" counts from the watch, so that its last intervals are judged too; what came before it is judged with it.
      reader.judgeBy(rules, { ...window, early: this.leadOf(reader), minRequests, readings });
    }
    this.chooseDecisive(Math.round((end - this.startedAt) / this.interval));
    this.broken.note(this.facts.judgement?.rules ?? [], end / 1000);
    this.facts.probes = judgeProbes(this.watch.probes?.rounds ?? []);
    return this.watch.toTheEnd ? undefined : concludeWatch(this.facts, false);
  }

  /** Takes the counts and the verdict of the source that speaks for all. */
  private chooseDecisive(elapsed: number): void {
    const before = this.decisive;
    const combine = this.watch.combine ?? 'primary';
    const { decisive, speaking, facts } = decisiveOf(this.readers, combine, elapsed, before);
    const { source } = decisive;
    this.decisive = decisive;
    this.speaking = speaking;
    const unseen = speaking.map((reader) => unseenMs(this.lead, reader.source, reader.buckets));
    Object.assign(this.facts, facts, { unseenMs: Math.max(0, ...unseen) });
    if (before !== this.decisive && elapsed > 0)
      this.watch.log(`The verdict is now from ${source.name}: ${source.denominator}`);
  }

  /** True when there may be new ones. */
  private async readReadings(end: number, last: boolean): Promise<boolean> {
    if (!this.readers.some(({ source }) => source.readings)) return false;
    if (!last && end - this.readingsAt < READINGS_EVERY_MS) return false;
    this.readingsAt = end;
    await Promise.all(this.readers.map((reader) => reader.readReadings(this.startedAt, end, this.interval)));
    return true;
  }

  private probe(): void {
    const { probes, clock, log } = this.watch;
    if (!probes) return;
    const at = clock.now();
    probes.run().then(
      (outcomes) => probes.rounds.push({ at, outcomes }),
      (error) => log(`Our own checks could not run: ${cleanText(String(error), 200)}`),
    );
  }

  private askWhoTookOver(taken: AbortController): void {
    const { superseded, log, signal } = this.watch;
    superseded?.().then(
      (who) => {
        if (who === undefined) return;
        this.facts.superseded = who;
        taken.abort(new Error('superseded'));
      },
      (error) => {
        if (!signal.aborted && !this.ended)
          log(`The lock could not be read: ${cleanText(String(error?.message ?? error), 200)}`);
      },
    );
  }

  /** A source that was blind gets the time once more that it did not cover. */
  private extendIfBlind(): void {
    const missing = this.planned - (this.facts.buckets.length - (this.facts.early ?? 0));
    if (this.extended || this.watch.toTheEnd || this.facts.probeOnly || !isBlind(this.facts)) return;
    this.extended = true;
    this.planned += missing;
    this.facts.planned = this.planned;
    const seconds = (missing * this.interval) / 1000;
    this.watch.log(`The source was blind for ${missing} intervals: the watch goes on for ${seconds} s, once`);
  }

  private describe(end: number): string {
    return describeInterval(this.facts, {
      startedAt: this.startedAt,
      end,
      denominator: this.decisive.source.denominator,
    });
  }

  private end(conclusion: WatchConclusion, endedAt = this.watch.clock.now()): WatchOutcome {
    this.ended = true;
    const { facts, readers, decisive, startedAt, interval: intervalMs, planned, broken } = this;
    const lead = this.leadOf(decisive);
    return outcomeOf(conclusion, { facts, readers, decisive, startedAt, lead, endedAt, intervalMs, planned, broken });
  }
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason instanceof Error ? signal.reason.message : signal.reason;
}

function neverReached(): never {
  throw new Error('a watch ended without a conclusion');
}
