import { type Clock, systemClock } from '#http/clock';
import type { RuntimeLogRow } from './group-log-rows.ts';
import { linesOf, parseLogRow } from './parse-log-rows.ts';
import { openVercelProject } from './project.ts';
import { createVercelApi, type VercelApi } from './vercel-api.ts';
import { toVercelError, VercelError } from './vercel-error.ts';
import type { VercelConnection } from './vercel-types.ts';

export { groupLogRows, type RuntimeLogRow } from './group-log-rows.ts';

/** A time in which rows may have been lost; both ends in milliseconds by our clock. */
export interface LogGap {
  from: number;
  until: number;
  reason: string;
}

export interface RuntimeLogOptions {
  signal: AbortSignal;
  /** Each row once, also where two streams overlap. */
  onRow(row: RuntimeLogRow): void;
  onGap(gap: LogGap): void;
  /** Vercel ends a stream after five minutes; a new one takes over before that. Default 270_000. */
  renewAfterMs?: number;
}

/** A running reader. */
export interface RuntimeLogReader {
  /** Settles with Vercel's first answer; rejects with VercelError when there is none. */
  opened: Promise<void>;
  /** Settles when the signal aborted; rejects with VercelError when Vercel refuses for good. */
  closed: Promise<void>;
  /** Milliseconds by our clock: up to here nothing is known to be missing but the gaps that were reported. Rows can still arrive late. */
  coveredUntil(): number;
}

/** For how long old and new stream are read side by side. */
const OVERLAP_MS = 1_000;
const OPENING_ATTEMPTS = 4;
const ROW_IDS = 20_000;

/** Reads the runtime logs of one deployment from now on, renewing the stream before Vercel ends it and reporting every hole. */
export function openRuntimeLogs(
  connection: VercelConnection,
  deploymentId: string,
  options: RuntimeLogOptions,
): RuntimeLogReader {
  return new Reader(connection, deploymentId, options).start();
}

interface Stream {
  ended: Promise<string>;
  stop(): void;
}

class Reader {
  private readonly connection: VercelConnection;
  private readonly deploymentId: string;
  private readonly options: RuntimeLogOptions;
  private readonly clock: Clock;
  private readonly seen = new Set<string>();
  private brokenSince: number | undefined;

  constructor(connection: VercelConnection, deploymentId: string, options: RuntimeLogOptions) {
    this.connection = { ...connection, signal: options.signal };
    this.deploymentId = deploymentId;
    this.options = options;
    this.clock = connection.clock ?? systemClock;
    this.brokenSince = this.clock.now();
  }

  start(): RuntimeLogReader {
    const first = Promise.withResolvers<void>();
    const closed = this.run(first.resolve).then(first.reject, (error) => {
      const final = this.options.signal.aborted ? undefined : error;
      first.reject(error);
      if (final !== undefined) throw final;
    });
    // Callers may wait for one of the two only.
    first.promise.catch(() => {});
    closed.catch(() => {});
    return { opened: first.promise, closed, coveredUntil: () => this.brokenSince ?? this.clock.now() };
  }

  private async run(opened: () => void): Promise<void> {
    const { signal, renewAfterMs = 270_000 } = this.options;
    const project = await openVercelProject(this.connection);
    const api = createVercelApi(this.connection, project.teamId);
    const path = `/v1/projects/${project.id}/deployments/${encodeURIComponent(this.deploymentId)}/runtime-logs`;
    let stream = await this.connect(api, path, OPENING_ATTEMPTS);
    this.brokenSince = undefined;
    opened();
    for (;;) {
      const renew = new AbortController();
      const due = this.clock.sleep(renewAfterMs, AbortSignal.any([signal, renew.signal])).then(() => undefined);
      due.catch(() => {});
      const ended = await Promise.race([stream.ended, due]);
      renew.abort();
      if (ended === undefined) {
        const old = stream;
        stream = await this.renew(api, path, old);
        continue;
      }
      this.brokenSince = this.clock.now();
      const from = this.brokenSince;
      stream = await this.connect(api, path, Number.POSITIVE_INFINITY);
      const until = this.clock.now();
      this.brokenSince = undefined;
      this.options.onGap({ from, until, reason: ended });
    }
  }

  /** Opens the next stream beside the old one, so that nothing is lost; the old one goes on where that fails. */
  private async renew(api: VercelApi, path: string, old: Stream): Promise<Stream> {
    try {
      const next = await this.connect(api, path, 1);
      await this.clock.sleep(OVERLAP_MS, this.options.signal);
      old.stop();
      return next;
    } catch (error) {
      if (this.options.signal.aborted || !isPassing(error)) throw error;
      return old;
    }
  }

  private async connect(api: VercelApi, path: string, attempts: number): Promise<Stream> {
    const { signal } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.openStream(api, path);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (attempt >= attempts || !isPassing(error)) throw error;
        const wait = (error as VercelError).retryAfterMs ?? Math.min(5_000, 250 * 2 ** (attempt - 1));
        await this.clock.sleep(wait, signal);
      }
    }
  }

  private async openStream(api: VercelApi, path: string): Promise<Stream> {
    const what = `Reading the runtime logs of ${this.deploymentId}`;
    const stopped = new AbortController();
    const signal = AbortSignal.any([this.options.signal, stopped.signal]);
    let chunks: AsyncIterable<Uint8Array>;
    try {
      ({ chunks } = await api.http.stream({ path, signal, attempts: 1, deadlineMs: 30_000 }));
    } catch (error) {
      throw toVercelError(error, what);
    }
    return { ended: this.read(chunks), stop: () => stopped.abort(new Error('renewed')) };
  }

  /** Resolves with the reason why the stream ended; never rejects. */
  private async read(chunks: AsyncIterable<Uint8Array>): Promise<string> {
    try {
      for await (const line of linesOf(chunks)) {
        const row = parseLogRow(line);
        if (!row) continue;
        if (row.source === 'delimiter') return 'Vercel ended the stream';
        if (this.isNew(row.rowId)) this.options.onRow(row);
      }
      return 'the stream ended';
    } catch (error) {
      return `the stream broke (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  private isNew(rowId: string): boolean {
    if (rowId === '') return true;
    if (this.seen.has(rowId)) return false;
    this.seen.add(rowId);
    if (this.seen.size > ROW_IDS) for (const oldest of [...this.seen].slice(0, ROW_IDS / 2)) this.seen.delete(oldest);
    return true;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof VercelError && /^vercel_(unreachable|rate_limited)$/.test(error.reasonCode);
}
