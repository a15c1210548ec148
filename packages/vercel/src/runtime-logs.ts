import type { VercelConnection } from './vercel-types.ts';

/** One row of the runtime-logs stream (facts §6). Several rows can belong to one request. */
export interface RuntimeLogRow {
  rowId: string;
  /** Milliseconds, by the clock of Vercel. */
  timestamp: number;
  level: string;
  source: string;
  domain?: string;
  method?: string;
  path?: string;
  /** Present on the row that tells how the request ended. */
  status?: number;
  /** Ties the rows of one request together; absent where Vercel does not send one. */
  requestId?: string;
}

/** A time in which rows may have been lost; both ends in milliseconds by our clock. */
export interface LogGap {
  from: number;
  until: number;
  reason: string;
}

export interface RuntimeLogOptions {
  signal: AbortSignal;
  onRow(row: RuntimeLogRow): void;
  onGap(gap: LogGap): void;
}

/** A running reader. `opened` settles with the first answer of Vercel; `closed` when the signal aborted, or rejects for good. */
export interface RuntimeLogReader {
  opened: Promise<void>;
  closed: Promise<void>;
  /** End of the time up to which the rows are known to be whole (milliseconds); moves while the stream is open. */
  coveredUntil(): number;
}

export type OpenRuntimeLogs = (
  connection: VercelConnection,
  deploymentId: string,
  options: RuntimeLogOptions,
) => RuntimeLogReader;
