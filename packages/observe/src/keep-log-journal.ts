import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#http/clock';
import { requestKey } from '#vercel/group-log-rows';
import type { VercelConnection } from '#vercel/project';
import { openRuntimeLogs, type RuntimeLogRow } from '#vercel/runtime-logs';
import { type JournalLine, journalFiles } from './log-journal.ts';
import { digestOf, isOfRequest } from './sources/request-counts.ts';

/** What is read from before the promotion on, and where it is kept. */
export interface JournalOptions {
  connection: VercelConnection;
  deploymentId: string;
  /** An empty folder that exists; see log-journal.ts. */
  folder: string;
  /** Nobody takes over after this time; milliseconds. */
  longestMs: number;
  clock: Clock;
  /** Lines of requests at most, some 100 bytes each; further ones are a gap that lasts. Default 200,000. */
  mostRequests?: number;
}

const TICK_MS = 250;
const OPENING_TICK_MS = 20;
// Rows of a moment arrive a little later; the stream of the watch, which is open by then, has those that come after this.
const LAST_ROWS_MS = 500;
const RECENT_KEYS = 20_000;

/**
 * Reads the runtime logs of one deployment into a folder until a watch takes over (a file `stop`), the folder is gone, the longest
 * time is over or Vercel refuses for good. Resolves at the end, never rejects for what Vercel or the disk does: whatever is missing
 * in the file is not known, and nobody takes it for zero errors.
 */
export async function keepLogJournal(options: JournalOptions): Promise<void> {
  const { connection, deploymentId, folder, longestMs, clock, mostRequests = 200_000 } = options;
  const over = new AbortController();
  const file = join(folder, journalFiles.rows);
  const pending: JournalLine[] = [];
  const seen = new Map<string, number>();
  let kept = 0;
  let opened = false;
  let fullSince: number | undefined;
  const onRow = (row: RuntimeLogRow): void => {
    if (!isOfRequest(row) || row.status === undefined || fullSince !== undefined) return;
    const key = digestOf(requestKey(row));
    // Every line that a function prints is a row: one for each request is enough.
    if (seen.get(key) === row.status) return;
    if (seen.size >= RECENT_KEYS) for (const old of [...seen.keys()].slice(0, RECENT_KEYS / 2)) seen.delete(old);
    seen.set(key, row.status);
    kept += 1;
    if (kept > mostRequests) fullSince = clock.now();
    else pending.push({ kind: 'request', key, at: row.timestamp, status: row.status, path: digestOf(row.path ?? '') });
  };
  const reader = openRuntimeLogs(connection, deploymentId, {
    signal: over.signal,
    onRow,
    onGap: ({ from, until }) => void pending.push({ kind: 'gap', from, until }),
  });
  reader.opened.then(
    () => {
      opened = true;
      pending.unshift({ kind: 'opened', at: clock.now() });
    },
    () => {},
  );
  let refused = false;
  reader.closed.catch(() => {
    refused = true;
  });
  const flush = async (last: JournalLine[] = []): Promise<void> => {
    const until = fullSince ?? reader.coveredUntil();
    const lines = [...pending.splice(0), ...(opened ? [{ kind: 'seen', until } as const] : []), ...last];
    // Appended to a folder that is there: one that was removed is not made again.
    if (lines.length > 0)
      await appendFile(file, lines.map((each) => `${JSON.stringify(each)}\n`).join(''), { mode: 0o600 });
  };
  const endsAt = clock.now() + longestMs;
  try {
    while (clock.now() < endsAt && !refused && (await exists(folder))) {
      if (await exists(join(folder, journalFiles.stop))) {
        await clock.sleep(LAST_ROWS_MS);
        await flush([{ kind: 'ended' }]);
        return;
      }
      await flush();
      await clock.sleep(opened ? TICK_MS : OPENING_TICK_MS);
    }
    await flush();
  } catch {
    // The folder is gone or the disk is full: what was written counts, and not further than it says.
  } finally {
    over.abort(new Error('the journal is over'));
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
