import type { Rule, RuleAction } from '#config/rules';
import type { BaselineTime, Combination } from '#config/settings';
import type { Clock } from '#http/clock';
import type { ProbeOutcome } from '#probe/probe';
import type { Bucket, NoData } from './bucket.ts';
import type { WatchConclusion } from './conclude-watch.ts';
import type { GaugeOver } from './gauge-over.ts';
import type { ProbeRound } from './probe-rounds.ts';
import type { Reading } from './reading.ts';
import type { ObservationSource } from './source.ts';

/** What a watch needs; times in milliseconds. */
export interface Watch {
  source: ObservationSource;
  /** Further sources in the order of preference, and what they are for. Default `primary`: they stand in for a blind one. */
  others?: readonly ObservationSource[] | undefined;
  combine?: Combination | undefined;
  rules: readonly Rule[];
  windowMs: number;
  intervalMs: number;
  minRequests: number;
  /** Ends the wait as soon as every rule passes; later windows and the sign-off stay as they are. Default false. */
  mayEndEarly?: boolean | undefined;
  /** Watches on whatever a rule says, until `superseded` answers or the window is over. Default false. */
  toTheEnd?: boolean | undefined;
  /**
   * After this time the wait ends although the window goes on, where the source can tell a later run about what follows; the
   * verdict is then `inconclusive` with reason `window_open`. Absent: the whole window is waited for.
   */
  handOffMs?: number | undefined;
  /**
   * When the domains moved to what is watched; milliseconds. What sources know of the time since then is judged with the rest, what
   * nobody counted is said. Absent: the watch knows of nothing before it.
   */
  promotedAt?: number | undefined;
  /** How far back a source that can look back is asked for the time before the watch; 0: not at all. */
  baselineMs: number;
  /** Which time that is. Default `before`. */
  baselineFrom?: BaselineTime | undefined;
  /**
   * Where it ends, milliseconds; default the beginning of what is judged. Of a window that begins after the promotion: the promotion. Of
   * what was restored: the promotion of what was taken back, for before it served what serves again.
   */
  baselineUntil?: number | undefined;
  /** Our own checks, made once per interval. */
  probes?: { rounds: ProbeRound[]; run(): Promise<ProbeOutcome[]> } | undefined;
  /** Who took over, if somebody did; asked once per interval (S1). */
  superseded?: (() => Promise<string | undefined>) | undefined;
  clock: Clock;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** One project of a group as a watch saw it: its own counts, by its own source. */
export interface WatchedProject {
  /** Absent for the first one. */
  app?: string;
  source: string;
  denominator: string;
  /** `no-data`: too much of the time was not seen. */
  verdict: WatchConclusion['verdict'];
  requests: number;
  errors: number;
  noData?: NoData;
}

/** What a watch found. All times are Unix seconds with fractions. */
export interface WatchOutcome extends WatchConclusion {
  requests: number;
  errors: number;
  buckets: Bucket[];
  /** The first interval that was judged: where counts since the promotion are known, before the watch itself began. */
  startedAt: number;
  /** How much later than that the watch itself began, from where the times of the rules count; absent where it did at once. */
  leadSeconds?: number;
  /** How much longer it lasted, and every rule held, because the source was blind for that long; absent where it was not. */
  extendedSeconds?: number;
  /** How long right after the promotion nobody counted; absent where everything was seen, or where nobody said when it was. */
  unseenSeconds?: number;
  endedAt: number;
  effectiveIntervalSeconds: number;
  /** When the whole window is over; after `endedAt` where the wait ended early. */
  windowUntil: number;
  /** The source that decided, what it counts, and its time before the watch. */
  source: string;
  denominator: string;
  baseline: Bucket[];
  /** Of a group only: each project by its own counts; those above are of the one that decided. */
  apps?: readonly WatchedProject[];
  /** True where it could not be read: rules that compare with it decided nothing. Absent otherwise. */
  baselineUnread?: true;
  /** What the baseline is and what it can say, one sentence. */
  baselineSaid: string;
  /** What it was asked, and where a person sees the same numbers. */
  query?: string;
  link?: string;
  /** Numbers beside the counts, from all sources. */
  readings: Reading[];
  /** Those of them that were read over the whole window, by their metric; empty where somebody waited for the verdict. */
  gauges: Readonly<Record<string, GaugeOver>>;
  /** When the verdict could first have been given: later runs may come late, and say so. Absent where somebody waited for it. */
  dueAt?: number;
  /** Every rule that was broken, in the order in which it happened, once each. */
  broken: BrokenRule[];
}

/** A rule that was broken; `at` in Unix seconds. */
export interface BrokenRule {
  rule: string;
  level: 'warning' | 'critical';
  action?: RuleAction;
  at: number;
  value: number;
  limit: number;
  unit: 'share' | 'ms' | 'count';
}
