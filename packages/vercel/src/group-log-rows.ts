/** One row of the runtime-logs stream (facts §1). Several rows can belong to one request. */
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

/** One request as the runtime logs tell it. */
export interface LoggedRequest {
  /** Milliseconds: the row with the status, until there is one the first row. */
  at: number;
  /** Undefined while no row has told how the request ended. */
  status?: number;
  domain?: string;
  method?: string;
  path?: string;
  requestId?: string;
}

/**
 * The rule that turns rows into requests: rows with the same request id are one request, and its status is that of the row
 * that has one (the last such row wins). Where Vercel sends no id, rows that agree in time, host, method, path and status
 * are one request: better one too few among simultaneous equals than one for every line that a function prints. Rows
 * without id and status belong to no request.
 */
export function groupLogRows(rows: Iterable<RuntimeLogRow>): LoggedRequest[] {
  const requests = new Map<string, LoggedRequest>();
  for (const row of rows) {
    if (row.source === 'delimiter') continue;
    if (row.requestId === undefined && row.status === undefined) continue;
    const key = requestKey(row);
    const known = requests.get(key);
    const request = known ?? { at: row.timestamp, ...named(row) };
    if (row.status !== undefined) Object.assign(request, { at: row.timestamp, status: row.status });
    requests.set(key, request);
  }
  return [...requests.values()].sort((a, b) => a.at - b.at);
}

/** What the rows of one request have in common. */
export function requestKey(row: RuntimeLogRow): string {
  if (row.requestId !== undefined) return `id ${row.requestId}`;
  return JSON.stringify([row.timestamp, row.domain, row.method, row.path, row.status]);
}

function named({ domain, method, path, requestId }: RuntimeLogRow): Omit<LoggedRequest, 'at'> {
  return {
    ...(domain !== undefined && { domain }),
    ...(method !== undefined && { method }),
    ...(path !== undefined && { path }),
    ...(requestId !== undefined && { requestId }),
  };
}
