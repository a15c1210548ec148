import type { Clock } from '#http/clock';
import { requestKey } from '#vercel/group-log-rows';
import type { VercelConnection } from '#vercel/project';
import { type LogGap, openRuntimeLogs, type RuntimeLogReader, type RuntimeLogRow } from '#vercel/runtime-logs';
import type { Bucket } from '../bucket.ts';
import type { OwnRequests } from '../own-requests.ts';
import { intervalsOf, type ObservationSource } from '../source.ts';
import { vercelPage } from './vercel-page.ts';

// Rows of one request can be apart by as long as a function may run; then its counts are folded and the rows forgotten.
const FOLD_AFTER_MS = 120_000;
const SLOT_MS = 50;

interface Seen {
  at: number;
  status?: number;
  own: boolean;
}

/**
 * Counts requests to functions from the live logs of one deployment: no minimum granularity, every plan. Static files are not
 * in these logs, and Vercel does not promise that the logs are unsampled (facts §5): the denominator says so.
 */
export function vercelRuntimeLogs(given: {
  connection: VercelConnection;
  deploymentId: string;
  own: OwnRequests;
  clock: Clock;
}): ObservationSource {
  const stop = new AbortController();
  const { signal } = given.connection;
  const counts = new RequestCounts(given.own);
  const gaps: LogGap[] = [];
  let reader: RuntimeLogReader | undefined;
  let openedAt = 0;
  let opening: Promise<void> | undefined;
  const connect = async (): Promise<void> => {
    const options = {
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      onRow: (row: RuntimeLogRow) => counts.add(row),
      onGap: (gap: LogGap) => void gaps.push(gap),
    };
    const next = openRuntimeLogs(given.connection, given.deploymentId, options);
    await next.opened;
    reader = next;
    openedAt = given.clock.now();
  };
  return {
    name: 'vercel-runtime-logs',
    granularityMs: 0,
    denominator: 'function requests',
    readAfterMs: [40, 200, 500],
    looksBack: false,
    async open() {
      // Asked again while Vercel still has not answered: the same stream, not a second one.
      opening ??= connect();
      await opening.finally(() => {
        opening = undefined;
      });
    },
    async read(from, until, intervalMs) {
      if (!reader) return { noData: 'source_not_open', message: 'the runtime logs are not open' };
      const covered = reader.coveredUntil();
      const known = intervalsOf(from, until, intervalMs).filter(({ start, end }) => {
        // The stream opens a moment after the watch begins: half an interval is half a truth, a tenth is not.
        const whole = openedAt <= start + intervalMs / 10 && covered >= end;
        return whole && !gaps.some((gap) => gap.from < end && gap.until > start);
      });
      counts.fold(given.clock.now() - FOLD_AFTER_MS);
      return known.map(({ start, end }) => counts.between(start, end));
    },
    asked: () => ({
      query: `runtime logs of ${given.deploymentId}, rows grouped by request`,
      link: vercelPage(given.connection, 'logs'),
    }),
    async close() {
      stop.abort(new Error('the watch is over'));
    },
  };
}

/** Rows grouped to requests, the old ones kept as counts only. */
class RequestCounts {
  private readonly own: OwnRequests;
  private readonly recent = new Map<string, Seen>();
  private readonly slots = new Map<number, { requests: number; errors: number }>();
  private foldedUntil = 0;

  constructor(own: OwnRequests) {
    this.own = own;
  }

  add(row: RuntimeLogRow): void {
    if (row.source === 'delimiter' || row.timestamp < this.foldedUntil) return;
    if (row.requestId === undefined && row.status === undefined) return;
    const key = requestKey(row);
    const seen = this.recent.get(key) ?? { at: row.timestamp, own: this.own.take(row.path, row.timestamp) };
    if (row.status !== undefined) Object.assign(seen, { at: row.timestamp, status: row.status });
    this.recent.set(key, seen);
  }

  fold(before: number): void {
    for (const [key, seen] of this.recent) {
      if (seen.at >= before) continue;
      this.recent.delete(key);
      if (!isCounted(seen)) continue;
      const slot = Math.floor(seen.at / SLOT_MS);
      const count = this.slots.get(slot) ?? { requests: 0, errors: 0 };
      count.requests += 1;
      if (isError(seen)) count.errors += 1;
      this.slots.set(slot, count);
    }
    this.foldedUntil = Math.max(this.foldedUntil, before);
  }

  between(start: number, end: number): Bucket {
    const bucket = { start: start / 1000, end: end / 1000, requests: 0, errors: 0 };
    for (const [slot, count] of this.slots) {
      const at = slot * SLOT_MS;
      if (at < start || at >= end) continue;
      bucket.requests += count.requests;
      bucket.errors += count.errors;
    }
    for (const seen of this.recent.values()) {
      if (!isCounted(seen) || seen.at < start || seen.at >= end) continue;
      bucket.requests += 1;
      if (isError(seen)) bucket.errors += 1;
    }
    return bucket;
  }
}

/** A request counts when it is known how it ended and it is not one of our own probes. */
function isCounted(seen: Seen): boolean {
  return seen.status !== undefined && !seen.own;
}

function isError(seen: Seen): boolean {
  return (seen.status ?? 0) >= 500;
}
