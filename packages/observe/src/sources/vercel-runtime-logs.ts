import type { Clock } from '#http/clock';
import type { VercelConnection } from '#vercel/project';
import { type LogGap, openRuntimeLogs, type RuntimeLogReader, type RuntimeLogRow } from '#vercel/runtime-logs';
import { readNoted, takeOverJournal } from '../log-journal.ts';
import type { OwnRequests } from '../own-requests.ts';
import { intervalsOf, type ObservationSource } from '../source.ts';
import { digestOf, RequestCounts } from './request-counts.ts';
import { vercelPage } from './vercel-page.ts';

// Rows of one request can be apart by as long as a function may run; then its counts are folded and the rows forgotten.
const FOLD_AFTER_MS = 120_000;
const FOLD_EVERY = 10_000;

/**
 * Counts requests to functions from the live logs of one deployment: no minimum granularity, every plan. Static files are not
 * in these logs, and Vercel does not promise that the logs are unsampled (facts §5): the denominator says so.
 */
export function vercelRuntimeLogs(given: {
  connection: VercelConnection;
  deploymentId: string;
  own: OwnRequests;
  clock: Clock;
  /** Folder in which an earlier step reads them since before the promotion; see log-journal.ts. */
  journal?: string | undefined;
  /** When the domains moved to this deployment; before that nobody could see it. Milliseconds. */
  promotedAt?: number | undefined;
}): ObservationSource {
  const { clock, own, deploymentId, promotedAt = 0 } = given;
  const stop = new AbortController();
  const { signal } = given.connection;
  const counts = new RequestCounts(own, deploymentId);
  const gaps: Pick<LogGap, 'from' | 'until'>[] = [];
  let reader: RuntimeLogReader | undefined;
  let knownSince = 0;
  let opening: Promise<void> | undefined;
  let earlier: ReadonlyMap<string, string> | undefined;
  const connect = async (): Promise<void> => {
    if (reader) return;
    const options = {
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      onRow: (row: RuntimeLogRow) => counts.add(row),
      onGap: (gap: LogGap) => void gaps.push(gap),
    };
    const { journal } = given;
    earlier ??= journal === undefined ? new Map() : await sentEarlier(journal);
    const next = openRuntimeLogs(given.connection, deploymentId, options);
    await next.opened;
    knownSince = clock.now();
    if (journal !== undefined) await takeOver(journal, earlier, knownSince);
    reader = next;
  };
  /** What was sent between the promotion and the watch, by the digest of its path. */
  const sentEarlier = async (folder: string): Promise<Map<string, string>> => {
    const paths = new Map<string, string>();
    // Steps of this job note by the clock of their machine.
    const { aheadMs = 0 } = clock;
    for (const one of await readNoted(folder)) {
      // A command of the consumer's sends what nobody can tell from its users' requests.
      if ('from' in one) gaps.push({ from: one.from + aheadMs, until: one.until + aheadMs });
      else {
        own.sent(one.path, one.at + aheadMs);
        paths.set(digestOf(one.path), one.path);
      }
    }
    return paths;
  };
  /** Both streams run side by side until the other one ends: of what both have read each request counts once. */
  const takeOver = async (folder: string, paths: ReadonlyMap<string, string>, ownSince: number): Promise<void> => {
    let read = 0;
    const before = await takeOverJournal(folder, clock, (request) => {
      counts.addEnded({ ...request, path: paths.get(request.path) });
      read += 1;
      if (read % FOLD_EVERY === 0) counts.fold(request.at - FOLD_AFTER_MS);
    });
    if (before.openedAt === undefined || before.openedAt > ownSince) return;
    knownSince = before.openedAt;
    gaps.push(...before.gaps);
    if (before.coveredUntil < ownSince) gaps.push({ from: before.coveredUntil, until: ownSince });
  };
  return {
    name: 'vercel-runtime-logs',
    granularityMs: 0,
    denominator: 'function requests',
    readAfterMs: [40, 200, 500],
    looksBack: false,
    knownSince: () => (reader ? knownSince : undefined),
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
        const served = Math.max(start, promotedAt);
        // The stream opens a moment after the watch begins: half an interval is half a truth, a tenth is not.
        const whole = knownSince <= served + intervalMs / 10 && covered >= end;
        return whole && !gaps.some((gap) => gap.from < end && gap.until > served);
      });
      counts.fold(clock.now() - FOLD_AFTER_MS);
      return known.map(({ start, end }) => counts.between(start, end));
    },
    asked: () => ({
      query: `runtime logs of ${deploymentId}, rows grouped by request`,
      link: vercelPage(given.connection, 'logs'),
    }),
    async close() {
      stop.abort(new Error('the watch is over'));
    },
  };
}
