import type { Rule } from '#config/rules';
import type { BaselineTime } from '#config/settings';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { type Bucket, isNoData, type NoData } from './bucket.ts';
import { type GaugeOver, gaugesOf } from './gauge-over.ts';
import { combineVerdicts, type Judgement, judgeRule, openRule } from './judge/judge.ts';
import type { JudgedWindow, RuleJudge, RuleVerdict } from './judge/judge-rule.ts';
import type { Reading } from './reading.ts';
import { askSource, type ObservationSource, SourceError } from './source.ts';

/** What a reader shares with the watch it belongs to. */
export interface ReaderContext {
  clock: Clock;
  signal: AbortSignal;
  log: (line: string) => void;
  /** Milliseconds that one read may take where no interval waits for the answer. */
  longestReadMs?: number;
}

// What a plan does not contain, and a mistake in the settings, is the same in the next interval: it is not asked for again.
const FINAL = /^(observability_plus_missing|plan_missing|unit_mistake|errors_above_requests|too_many_series)$/;
// The source answered, and what it has of that time says nothing: the same for whoever asks later.
const NOTHING_THERE = /^(no_rows|no_error_rows|not_a_number|stale_data)$/;
const LONGEST_READ_MS = 10_000;
// What visitors measured in one minute may be one visit.
const LEAST_BEFORE_MS = 5 * 60_000;
const DAY_MS = 86_400_000;
const AGO_MS: Record<BaselineTime, number> = { before: 0, 'day-ago': DAY_MS, 'week-ago': 7 * DAY_MS };

/** Which time is compared with, and how much of it in milliseconds; 0: none. */
interface WantedBaseline {
  baselineMs: number;
  from: BaselineTime;
}

/** One source of a watch with everything that is known from it; each is judged by its own counts and its own baseline. */
export class SourceReader {
  readonly source: ObservationSource;
  buckets: Bucket[] = [];
  /** How many of them are from between the promotion and the watch. */
  early = 0;
  baseline: Bucket[] = [];
  /** The newest readings beside the counts. */
  readings: Reading[] = [];
  /** All of them, the first from before the release did anything. */
  history: Reading[] = [];
  /** Gauges that it could tell over the whole time, where it was asked for that. */
  gauges: ReadonlyMap<string, GaugeOver> = new Map();
  noData: NoData | undefined;
  judgement: Judgement | undefined;
  private readonly context: ReaderContext;
  private opened = false;
  private opening = false;
  /** Which time the baseline is from. */
  baselineFrom: BaselineTime = 'before';
  /** True where asking again would say the same. */
  hasGivenUp = false;
  /**
   * Why the time that is compared with could not be read so far: whoever asks again may learn more. Absent where another time stands
   * in or the source says that it has none.
   */
  baselineFailed: NoData | undefined;
  private readingBaseline = false;
  private readonly broken = new Map<string, RuleVerdict>();
  private running: { all: Bucket[]; seen: number; judges: RuleJudge[] } | undefined;

  constructor(source: ObservationSource, context: ReaderContext) {
    this.source = source;
    this.context = context;
  }

  /** Opens the source, one attempt at a time; a source that does not open is no data. */
  async open(intervalMs: number): Promise<void> {
    if (this.opened || this.opening || this.hasGivenUp) return;
    this.opening = true;
    const failed = await askSource(async () => await this.source.open(), this.limits(intervalMs)).finally(() => {
      this.opening = false;
    });
    this.opened = failed === undefined;
    if (failed) this.note(failed);
  }

  /**
   * Reads the time that is compared with, where the source knows it, one attempt at a time. Where nothing is known of a day or a week
   * ago the time right before the promotion stands in, and that is said.
   */
  async readBaseline(startedAt: number, intervalMs: number, wanted: WantedBaseline): Promise<void> {
    if (!this.source.looksBack || wanted.baselineMs <= 0 || this.hasGivenUp) return;
    if (this.readingBaseline || this.baseline.length > 0) return;
    if (!this.opened) {
      this.baselineFailed = this.noData ?? { noData: 'source_not_open', message: 'the source is not open yet' };
      return;
    }
    this.readingBaseline = true;
    // Until it is known the rules that compare with it wait, so nothing is forgotten before the answer is there.
    const { buckets, from, failed } = await this.askBaseline(startedAt, intervalMs, wanted).finally(() => {
      this.readingBaseline = false;
    });
    if (this.baselineFailed && !failed) this.context.log(`${this.source.name} tells of the time before by now`);
    this.baseline = buckets;
    this.baselineFrom = from;
    this.baselineFailed = failed && { ...failed, message: cleanText(failed.message, 300) };
  }

  private async askBaseline(
    given: number,
    intervalMs: number,
    wanted: WantedBaseline,
  ): Promise<{ buckets: Bucket[]; from: BaselineTime; failed?: NoData | undefined }> {
    const { source } = this;
    const back = AGO_MS[wanted.from];
    // A moment that somebody else names lies within an interval that the source cannot divide.
    const grain = Math.max(1, source.granularityMs);
    const startedAt = Math.floor(given / grain) * grain;
    const length = Math.ceil(wanted.baselineMs / intervalMs) * intervalMs;
    const from = back === 0 ? startedAt - length : startedAt - back;
    // The switch happened in the newest interval: it holds both releases.
    const until = back === 0 ? startedAt - intervalMs : from + length;
    if (until <= from) return { buckets: [], from: wanted.from };
    // The first answer is waited for, one that is asked for again comes beside the intervals.
    const patienceMs = this.baselineFailed ? Math.max(LONGEST_READ_MS, intervalMs) : LONGEST_READ_MS;
    const limits = { ...this.limits(intervalMs), deadlineMs: this.context.longestReadMs ?? patienceMs };
    const read = async () => await (source.readBefore ?? source.read).call(source, from, until, intervalMs);
    const answer = await askSource(read, limits);
    const counted = !isNoData(answer) && answer.some(({ requests }) => requests > 0);
    const failed = isNoData(answer) && !NOTHING_THERE.test(answer.noData) ? answer : undefined;
    if (back > 0 && !counted) {
      const known = failed ? `could not be read ${wanted.from} (${failed.message})` : `counted nothing ${wanted.from}`;
      this.context.log(`${source.name} ${cleanText(known, 400)}: the time before the promotion stands in`);
      const before = await this.askBaseline(startedAt, intervalMs, { ...wanted, from: 'before' });
      return before.buckets.length === 0 ? { ...before, failed: before.failed ?? failed } : before;
    }
    if (!isNoData(answer)) return { buckets: answer, from: wanted.from };
    this.context.log(`No baseline from ${source.name}: ${cleanText(answer.message, 300)}`);
    this.giveUpOn(answer);
    return { buckets: [], from: wanted.from, failed };
  }

  /** Reads the window so far, late counts of earlier intervals with it, and `lead` intervals right before it. */
  async read(startedAt: number, end: number, intervalMs: number, lead = 0): Promise<void> {
    if (!this.opened || this.hasGivenUp) return;
    const from = startedAt - lead * intervalMs;
    const read = (): Promise<Bucket[] | NoData> => this.source.read(from, end, intervalMs);
    const answer = await askSource(read, this.limits(intervalMs));
    if (isNoData(answer)) return this.note(answer);
    this.buckets = answer;
    this.early = answer.filter(({ start }) => start * 1000 < startedAt - 1).length;
    this.noData = undefined;
  }

  /** Reads the numbers beside the counts; where that fails the old ones stay, but for those that are known, and the log says why. */
  async readReadings(startedAt: number, end: number, intervalMs: number): Promise<void> {
    const { source } = this;
    if (!source.readings || !this.opened || this.hasGivenUp) return;
    const ask = async (): Promise<{ readings: readonly Reading[]; message?: string }> => {
      try {
        return { readings: (await source.readings?.(startedAt, end)) ?? [] };
      } catch (error) {
        if (!(error instanceof SourceError) || error.known.length === 0) throw error;
        return { readings: error.known, message: error.message };
      }
    };
    const answer = await askSource(ask, this.limits(intervalMs));
    if ('readings' in answer) {
      this.readings = [...answer.readings];
      this.history.push(...answer.readings);
    }
    if (answer.message !== undefined)
      this.context.log(`No readings from ${source.name}: ${cleanText(answer.message, 300)}`);
  }

  /**
   * Reads the gauges over a window that began earlier, with one point from before the release, where the source can look back at
   * them; they stand for the readings of this moment. Where that fails the log says why. Call it after `readReadings`.
   */
  async readGauges(
    { since, before }: { since: number; before: number },
    end: number,
    intervalMs: number,
  ): Promise<void> {
    const { source } = this;
    if (!source.readingsOver || !this.opened || this.hasGivenUp || end <= since) return;
    const spanMs = Math.max(intervalMs, LEAST_BEFORE_MS);
    const ask = async (): Promise<{ points: Reading[]; earlier: Reading[] }> => ({
      earlier: (await source.readingsOver?.(before - spanMs, before, spanMs)) ?? [],
      points: (await source.readingsOver?.(since, end, intervalMs)) ?? [],
    });
    const answer = await askSource(ask, this.limits(intervalMs));
    if ('noData' in answer) {
      this.context.log(`No gauges from ${source.name}: ${cleanText(answer.message, 300)}`);
      return;
    }
    const { points, earlier } = answer;
    this.gauges = gaugesOf(points, earlier, intervalMs);
    const momentary = this.history.filter(({ metric }) => !this.gauges.has(metric));
    this.history = [...momentary, ...[...earlier, ...points].filter(({ metric }) => this.gauges.has(metric))];
  }

  /** Judges what is known by the rules. A breach that does not end the watch stays a breach, whatever comes later. */
  judgeBy(rules: readonly Rule[], window: Omit<JudgedWindow, 'baseline' | 'baselineUnread' | 'buckets'>): void {
    const judged = { ...window, ...this.compared, buckets: this.buckets };
    this.judgement = combineVerdicts(this.asked(rules).map((rule) => this.kept(rule, () => judgeRule(rule, judged))));
  }

  /**
   * As `judgeBy`, one interval after the other on counts that were all read already: judges what had ended until then (Unix
   * seconds), and `buckets` are only these. Call it with rising times.
   */
  judgeNext(
    rules: readonly Rule[],
    window: Omit<JudgedWindow, 'baseline' | 'baselineUnread' | 'buckets'>,
    until: number,
  ): void {
    this.running ??= {
      all: this.buckets,
      seen: 0,
      judges: this.asked(rules).map((rule) => openRule(rule, { ...window, ...this.compared })),
    };
    const { running } = this;
    for (let next = running.all[running.seen]; next && next.end <= until + 1e-6; next = running.all[running.seen]) {
      for (const judge of running.judges) judge.add(next);
      running.seen += 1;
    }
    for (const judge of running.judges) judge.readUntil?.(until + 1e-6);
    this.buckets = running.all.slice(0, running.seen);
    const verdict = (index: number) => (running.judges[index] as RuleJudge).verdict();
    this.judgement = combineVerdicts(this.asked(rules).map((rule, index) => this.kept(rule, () => verdict(index))));
  }

  private get compared(): Pick<JudgedWindow, 'baseline' | 'baselineUnread'> {
    return { baseline: this.baseline, baselineUnread: this.baselineFailed !== undefined };
  }

  /** True where it decides nothing for want of what it is compared with. */
  get waitsForBaseline(): boolean {
    const { verdict, rules = [] } = this.judgement ?? {};
    return verdict === 'inconclusive' && rules.some(({ reasonCode }) => reasonCode === 'baseline_unread');
  }

  /** A further project of a group is asked about errors; what the other rules are about is counted for all of them at once. */
  private asked(rules: readonly Rule[]): readonly Rule[] {
    return this.source.app === undefined ? rules : rules.filter(({ metric }) => metric === 'error-rate');
  }

  private kept(rule: Rule, judge: () => RuleVerdict): RuleVerdict {
    const verdict = this.broken.get(rule.text) ?? judge();
    const mild = rule.level === 'warning' || (rule.action ?? 'auto') !== 'auto';
    if (mild && verdict.verdict === 'fail') this.broken.set(rule.text, verdict);
    return verdict;
  }

  /** True of a source that only tells numbers beside the counts of another one. */
  get countsNothing(): boolean {
    return this.noData?.noData === 'counts_nothing';
  }

  private note(answer: NoData): void {
    const message = cleanText(answer.message, 400);
    this.noData = { noData: answer.noData, message };
    if (!this.countsNothing) this.context.log(`No data from ${this.source.name}: ${message}`);
    this.giveUpOn(this.noData);
  }

  private giveUpOn(answer: NoData): void {
    if (!FINAL.test(answer.noData)) return;
    this.hasGivenUp = true;
    this.noData = { noData: answer.noData, message: cleanText(answer.message, 400) };
  }

  /** A source that does not answer must not hold up what else happens in an interval. */
  private limits(intervalMs: number): { deadlineMs: number; clock: Clock; signal: AbortSignal } {
    const { clock, signal, longestReadMs } = this.context;
    return { clock, signal, deadlineMs: longestReadMs ?? Math.min(LONGEST_READ_MS, Math.max(2000, intervalMs)) };
  }
}
