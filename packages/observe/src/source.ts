import type { SourceName } from '#config/settings';
import type { Clock } from '#http/clock';
import type { Bucket, NoData } from './bucket.ts';
import type { Reading } from './reading.ts';

/** What a source asks its service, so that a person can ask the same. Without secrets. */
export interface Asked {
  query: string;
  /** Page of the service that shows the same numbers for the same time; absent where there is no stable address. */
  link?: string;
}

/** Where requests and errors are counted. Times in milliseconds since the epoch. */
export interface ObservationSource {
  name: SourceName;
  /** Of a group of projects: the further one whose requests these are; absent for the first one and for what the settings ask for. */
  app?: string;
  /** The finest interval that it can tell apart; 0 of one that counts nothing, for it must not slow down those that count. */
  granularityMs: number;
  /** What one request of it is, for messages. */
  denominator: string;
  /** When to read after the end of an interval: counts may arrive late, and the last reading counts. */
  readAfterMs: readonly number[];
  /** After this time counts do not change any more: the last interval is read once more then. Absent: no later than readAfterMs. */
  settledAfterMs?: number;
  /** True where it can tell about the time before it was opened. */
  looksBack: boolean;
  /** Of one that cannot look back: since when it knows, where that is before it was opened. Milliseconds; undefined until it is open. */
  knownSince?(): number | undefined;
  /** Connects; rejects with an error that has a reasonCode. */
  open(): Promise<void>;
  /**
   * Every interval of `intervalMs` from `from` on that is over and known; one that is not known is left out, never given as
   * zero. Rejects as `open` does.
   */
  read(from: number, until: number, intervalMs: number): Promise<Bucket[] | NoData>;
  /**
   * As `read`, of a time that is compared with: where every interval costs a question, neighbouring ones may come as one. Whoever has
   * it is asked by it for that time.
   */
  readBefore?(from: number, until: number, intervalMs: number): Promise<Bucket[] | NoData>;
  /** How long after `open` readings are whole, where database-cpu takes a second look; whoever asks only once waits for it. */
  readingsAfterMs?: number;
  /** Numbers beside the counts, where the source has some; rejects as `open` does. */
  readings?(from: number, until: number): Promise<Reading[]>;
  /**
   * Every point of its gauges in a time that is over, at the end of each interval of `intervalMs` from `from` on, where it can look
   * back at them; one that is not known is left out. Rejects as `open` does.
   */
  readingsOver?(from: number, until: number, intervalMs: number): Promise<Reading[]>;
  /** What it asks for a time; absent where nothing is asked by a query. */
  asked?(from: number, until: number): Asked;
  close(): Promise<void>;
}

/** A source that cannot be used; message without secrets. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly reasonCode: string;
  /** Of readings, those that are known all the same. */
  readonly known: readonly Reading[];
  constructor(reasonCode: string, message: string, cause?: unknown, known: readonly Reading[] = []) {
    super(message, cause === undefined ? {} : { cause });
    this.reasonCode = reasonCode;
    this.known = known;
  }
}

/** Intervals [start, end) of `intervalMs` between `from` and `until`, whole ones only. */
export function intervalsOf(from: number, until: number, intervalMs: number): { start: number; end: number }[] {
  const count = Math.floor((until - from) / intervalMs + 1e-6);
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    return { start: from + index * intervalMs, end: from + (index + 1) * intervalMs };
  });
}

/** Runs one question to a source with a deadline; every failure but the caller's abort becomes "no data" with its reason. */
export async function askSource<T>(
  ask: () => Promise<T | NoData>,
  limits: { deadlineMs: number; clock: Clock; signal?: AbortSignal | undefined },
): Promise<T | NoData> {
  const { deadlineMs, clock, signal } = limits;
  const answered = new AbortController();
  const over = clock
    .sleep(deadlineMs, signal ? AbortSignal.any([signal, answered.signal]) : answered.signal)
    .then((): NoData => {
      return { noData: 'source_timeout', message: `the source gave no answer within ${deadlineMs / 1000} s` };
    });
  over.catch(() => {});
  try {
    return await Promise.race([ask(), over]);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    const { reasonCode } = (error ?? {}) as { reasonCode?: unknown };
    return {
      noData: typeof reasonCode === 'string' ? reasonCode : 'source_failed',
      message: error instanceof Error ? error.message : String(error),
    };
  } finally {
    answered.abort();
  }
}
