import type { Rule } from '#config/rules';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import type { ProbeOutcome } from '#probe/probe';
import { type Bucket, isNoData, type NoData } from './bucket.ts';
import { concludeWatch, isBlind, type WatchConclusion, type WatchFacts } from './conclude-watch.ts';
import { describeInterval } from './describe-interval.ts';
import { judge } from './judge/judge.ts';
import { judgeProbes, type ProbeRound } from './probe-rounds.ts';
import { askSource, type ObservationSource } from './source.ts';

/** What a watch needs; times in milliseconds. */
export interface Watch {
  source: ObservationSource;
  rules: readonly Rule[];
  windowMs: number;
  intervalMs: number;
  minRequests: number;
  /** How far back a source that can look back is asked for the time before the watch; 0: not at all. */
  baselineMs: number;
  /** Our own checks, made once per interval. */
  probes?: { rounds: ProbeRound[]; run(): Promise<ProbeOutcome[]> } | undefined;
  /** Who took over, if somebody did; asked once per interval (S1). */
  superseded?: (() => Promise<string | undefined>) | undefined;
  clock: Clock;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** What a watch found. All times are Unix seconds with fractions. */
export interface WatchOutcome extends WatchConclusion {
  requests: number;
  errors: number;
  buckets: Bucket[];
  startedAt: number;
  endedAt: number;
  effectiveIntervalSeconds: number;
}

const LONGEST_READ_MS = 10_000;

/**
 * Watches until a rule fails, somebody takes over, the run is cancelled, or the window is over. Never rejects for what a source
 * or a probe does: a cancelled watch ends with what it has seen.
 */
export async function observeWindow(watch: Watch): Promise<WatchOutcome> {
  const interval = Math.max(watch.intervalMs, watch.source.granularityMs);
  if (interval > watch.intervalMs) {
    watch.log(`The source ${watch.source.name} counts per ${interval / 1000} s: that is the interval of this watch`);
  }
  const run = new WatchRun(watch, interval);
  try {
    return await run.toItsEnd();
  } finally {
    await watch.source.close();
  }
}

class WatchRun {
  private readonly watch: Watch;
  private readonly interval: number;
  private planned: number;
  private startedAt = 0;
  private facts: WatchFacts;
  private baseline: Bucket[] = [];
  private extended = false;
  private opened = false;
  private opening = false;
  private ended = false;

  constructor(watch: Watch, interval: number) {
    this.watch = watch;
    this.interval = interval;
    this.planned = Math.max(1, Math.ceil(watch.windowMs / interval - 1e-6));
    const { planned } = this;
    this.facts = { buckets: [], needed: planned, planned, probeOnly: watch.source.name === 'probe' };
  }

  async toItsEnd(): Promise<WatchOutcome> {
    const { clock, signal } = this.watch;
    try {
      await this.open();
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

  private async open(): Promise<void> {
    const { source, clock, signal, log, baselineMs } = this.watch;
    const limits = { clock, signal, deadlineMs: LONGEST_READ_MS };
    this.startedAt = alignedStart(clock.now(), source.granularityMs);
    await this.openSource();
    if (source.granularityMs < 60_000) this.startedAt = clock.now();
    if (!source.looksBack || baselineMs <= 0 || !this.opened) return;
    const from = this.startedAt - Math.ceil(baselineMs / this.interval) * this.interval;
    const answer = await askSource(() => source.read(from, this.startedAt, this.interval), limits);
    if (isNoData(answer)) return log(`No baseline: ${cleanText(answer.message, 300)}`);
    // The switch happened in the newest interval: it holds both releases.
    this.baseline = answer.filter((bucket) => bucket.end * 1000 <= this.startedAt - this.interval);
  }

  /** A source that does not answer must not hold up what else happens in an interval. */
  private readDeadline(): number {
    return Math.min(LONGEST_READ_MS, Math.max(2000, this.interval));
  }

  /** Opens the source, one attempt at a time. */
  private async openSource(): Promise<void> {
    const { source, clock, signal } = this.watch;
    if (this.opened || this.opening) return;
    this.opening = true;
    const limits = { clock, signal, deadlineMs: this.readDeadline() };
    const failed = await askSource(async () => await source.open(), limits).finally(() => {
      this.opening = false;
    });
    this.opened = failed === undefined;
    if (failed) this.noteNoData(failed);
  }

  /** Waits for the end of one interval, reads, judges; the conclusion when the watch is over early. */
  private async watchInterval(index: number): Promise<WatchConclusion | undefined> {
    const { source, clock, signal, log } = this.watch;
    const end = this.startedAt + (index + 1) * this.interval;
    const taken = new AbortController();
    this.probe();
    // Tried again beside the interval, which must not wait for it.
    this.openSource().catch(() => {});
    this.askWhoTookOver(taken);
    const wake = AbortSignal.any([signal, taken.signal]);
    for (const delay of source.readAfterMs) {
      try {
        await clock.sleep(end + delay - clock.now(), wake);
      } catch (error) {
        if (signal.aborted) throw error;
        return concludeWatch(this.facts, true);
      }
      const early = await this.readAndJudge(end);
      if (early) {
        log(this.describe(end));
        return early;
      }
    }
    log(this.describe(end));
    return undefined;
  }

  private async readAndJudge(end: number): Promise<WatchConclusion | undefined> {
    const { source, clock, signal, rules, minRequests } = this.watch;
    const deadlineMs = this.readDeadline();
    const read = (): Promise<Bucket[] | NoData> => source.read(this.startedAt, end, this.interval);
    const answer = this.opened ? await askSource(read, { deadlineMs, clock, signal }) : undefined;
    if (answer && isNoData(answer)) this.noteNoData(answer);
    else if (answer) {
      this.facts.buckets = answer;
      this.facts.noData = undefined;
    }
    const { buckets } = this.facts;
    const seconds = { startedAt: this.startedAt / 1000, intervalSeconds: this.interval / 1000 };
    this.facts.judgement = judge(rules, {
      ...seconds,
      baseline: this.baseline,
      buckets,
      planned: this.planned,
      minRequests,
    });
    this.facts.probes = judgeProbes(this.watch.probes?.rounds ?? []);
    return concludeWatch(this.facts, false);
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

  private noteNoData(answer: NoData): void {
    this.facts.noData = { noData: answer.noData, message: cleanText(answer.message, 400) };
    this.watch.log(`No data from ${this.watch.source.name}: ${this.facts.noData.message}`);
  }

  /** A source that was blind gets the time once more that it did not cover. */
  private extendIfBlind(): void {
    const missing = this.planned - this.facts.buckets.length;
    if (this.extended || this.facts.probeOnly || !isBlind(this.facts)) return;
    this.extended = true;
    this.planned += missing;
    this.facts.planned = this.planned;
    const seconds = (missing * this.interval) / 1000;
    this.watch.log(`The source was blind for ${missing} intervals: the watch goes on for ${seconds} s, once`);
  }

  private describe(end: number): string {
    return describeInterval(this.facts, { startedAt: this.startedAt, end, denominator: this.watch.source.denominator });
  }

  private end(conclusion: WatchConclusion, endedAt = this.watch.clock.now()): WatchOutcome {
    const { buckets } = this.facts;
    this.ended = true;
    return {
      ...conclusion,
      ...(conclusion.verdict === 'fail' && { detectedAt: endedAt / 1000 }),
      requests: buckets.reduce((sum, bucket) => sum + bucket.requests, 0),
      errors: buckets.reduce((sum, bucket) => sum + bucket.errors, 0),
      buckets,
      startedAt: this.startedAt / 1000,
      endedAt: endedAt / 1000,
      effectiveIntervalSeconds: this.interval / 1000,
    };
  }
}

/** Whole minutes only count from the first one that began after the switch. */
function alignedStart(now: number, granularityMs: number): number {
  return granularityMs < 60_000 ? now : Math.ceil(now / granularityMs) * granularityMs;
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason instanceof Error ? signal.reason.message : signal.reason;
}

function neverReached(): never {
  throw new Error('a watch ended without a conclusion');
}
