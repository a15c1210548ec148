import { randomUUID } from 'node:crypto';
import type { Clock } from '#http/clock';
import { BackupFailed } from './backup-error.ts';
import { copiedRelation } from './copied-relation.ts';
import { dumpStream } from './dump-stream.ts';
import { findPostgres, type PostgresBinaries } from './find-postgres.ts';
import { openSourceSnapshot, type SourceSnapshot } from './source-snapshot.ts';
import { wantedFor } from './wanted-postgres.ts';

/** A snapshot, held, and a pg_dump that has its own locks on it. */
export interface BegunDump {
  source: SourceSnapshot;
  binaries: PostgresBinaries;
  /** To be read once, to its end. */
  dumped: AsyncIterable<Uint8Array>;
  /** The relation that pg_dump copies right now, where the server tells. */
  copying(): Promise<string | undefined>;
  /** Ends pg_dump and lets go of the snapshot; safe to call twice. */
  end(): Promise<void>;
}

const patienceMs = 3 * 60_000;
const pollMs = 50;
const longestPauseMs = 2_000;

interface BeginOptions {
  binaries?: PostgresBinaries;
  /** The only image that the programs may come from. */
  scratchImage?: string | undefined;
  tables?: readonly string[];
  clock: Clock;
  deadlineMs: number;
  quietMs?: number | undefined;
  log: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Takes the snapshot, then starts pg_dump on it. A TRUNCATE or rewrite that asked for its lock in between waits for us and
 * makes pg_dump wait behind it; nobody but we can end that, so we let everything go and start over.
 * @throws BackupFailed, PostgresMissing, DatabaseUnreachable, or the signal's reason.
 */
export async function beginDump(url: string, options: BeginOptions): Promise<BegunDump> {
  const { clock, signal, log } = options;
  let { binaries } = options;
  const giveUpAt = clock.now() + patienceMs;
  for (let attempt = 1; attempt === 1 || clock.now() < giveUpAt; attempt++) {
    const begun = await tryToBegin(url, { ...options, ...(binaries === undefined ? {} : { binaries }) }, (found) => {
      binaries = found;
    });
    if (begun !== undefined) return begun;
    log(`another session wants a table for itself while pg_dump starts; starting over (attempt ${attempt})`);
    // At another beat than whoever comes again and again.
    await clock.sleep(Math.random() * Math.min(100 * 2 ** attempt, longestPauseMs), signal);
  }
  throw new BackupFailed(
    'source_busy',
    `for ${patienceMs / 60_000} minutes another session asked for a table exclusively (TRUNCATE, VACUUM FULL, ALTER TABLE) each time pg_dump was starting: stop what does that so often, or back up at a quieter time`,
  );
}

async function tryToBegin(
  url: string,
  options: BeginOptions,
  onFound: (found: PostgresBinaries) => void,
): Promise<BegunDump | undefined> {
  const { signal, log, clock } = options;
  const stop = new AbortController();
  const applicationName = `ops-actions dump ${randomUUID().slice(0, 8)}`;
  let binaries = options.binaries;
  let started: { dump: AsyncGenerator<Uint8Array>; first: Promise<IteratorResult<Uint8Array>> } | undefined;
  let source: SourceSnapshot | undefined;
  const end = async () => {
    stop.abort(new Error('the dump is no longer wanted'));
    await started?.dump.return(undefined).catch(() => {});
    await source?.close();
  };
  try {
    source = await openSourceSnapshot(url, {
      signal,
      log,
      ...(options.tables === undefined ? {} : { tables: options.tables }),
      prepare: async (connection) => {
        if (binaries === undefined) {
          binaries = await findPostgres({ ...(await wantedFor(connection)), image: options.scratchImage });
        }
        onFound(binaries);
      },
      onSnapshot: ({ settings, snapshot, unreadable, selected, tables }) => {
        if (binaries === undefined) return;
        const dump = dumpStream({
          binaries,
          settings,
          snapshot,
          excludedTables: unreadable,
          ...(selected ? { tables } : {}),
          applicationName,
          url,
          quietMs: options.quietMs,
          deadlineMs: options.deadlineMs,
          signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
        });
        // Its first bytes are the table of contents, which it writes when it holds all its locks.
        started = { dump, first: dump.next() };
        started.first.catch(() => {});
      },
    });
    if (binaries === undefined || started === undefined) throw new Error('pg_dump was not started');
    const { dump, first } = started;
    let settled = false;
    const settle = first.then(
      () => (settled = true),
      () => (settled = true),
    );
    while (!settled) {
      await Promise.race([settle, clock.sleep(pollMs, signal)]);
      if (!settled && (await waitsBehindUs(source, applicationName))) {
        await end();
        return undefined;
      }
    }
    const { connection } = source;
    const copying = () => copiedRelation(connection, applicationName);
    return { source, binaries, dumped: rejoin(await first, dump), copying, end };
  } catch (error) {
    await end();
    signal?.throwIfAborted();
    throw error;
  }
}

/** Whether pg_dump waits for a session that waits for us. */
async function waitsBehindUs(source: SourceSnapshot, applicationName: string): Promise<boolean> {
  const rows = await source.connection.query(
    `SELECT FROM pg_catalog.pg_stat_clear_snapshot(), pg_catalog.pg_stat_activity AS a,
            pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS b(pid)
      WHERE a.application_name = '${applicationName}' AND pg_catalog.pg_backend_pid() = ANY (pg_catalog.pg_blocking_pids(b.pid))`,
  );
  return rows.length > 0;
}

async function* rejoin(
  first: IteratorResult<Uint8Array>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done !== true) yield first.value;
  yield* rest;
}
