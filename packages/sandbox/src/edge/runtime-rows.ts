import { randomUUID } from 'node:crypto';
import type { EdgeRequest, RuntimeLogRow } from './edge-log.ts';
import type { FunctionLine } from './function-host.ts';

/** One row for the request and one for each line of its console; all carry its status, as they are written at its end. */
export function runtimeRows(entry: EdgeRequest, lines: FunctionLine[]): RuntimeLogRow[] {
  const row = (more: Pick<RuntimeLogRow, 'level' | 'source' | 'message' | 'timestampInMs'>): RuntimeLogRow => ({
    rowId: randomUUID(),
    requestId: entry.requestId,
    domain: entry.host,
    messageTruncated: false,
    requestMethod: entry.method,
    requestPath: entry.path,
    responseStatusCode: entry.status,
    ...more,
  });
  return [
    ...lines.map(({ at, level, text }) =>
      row({ level, source: 'serverless', message: text.slice(0, 4_000), timestampInMs: at }),
    ),
    row({ level: entry.status >= 500 ? 'error' : 'info', source: 'request', message: '', timestampInMs: entry.at }),
  ];
}
