import type { FaultService } from './faults.ts';

/** One request that a service of the sandbox received. Authorization headers are never kept. */
export interface LoggedRequest {
  /** Counts up from 1. */
  number: number;
  /** Milliseconds since the epoch, when it had arrived whole. */
  at: number;
  service: FaultService;
  method: string;
  path: string;
  query: Record<string, string>;
  /** Parsed JSON, or text; absent for uploads. */
  body?: unknown;
  /** Status that was sent; 0 when no answer was. */
  status: number;
  durationMs: number;
  /** True when an ordered fault met it. */
  fault: boolean;
}

/** The longest body that the log keeps, in bytes. */
const longestBody = 64 * 1024;

export interface RequestLog {
  entries(): LoggedRequest[];
  add(entry: Omit<LoggedRequest, 'number'>): LoggedRequest;
}

/** Keeps every request in the order of arrival. */
export function createRequestLog(): RequestLog {
  const entries: LoggedRequest[] = [];
  return {
    entries: () => [...entries],
    add(entry) {
      const logged = { number: entries.length + 1, ...entry };
      entries.push(logged);
      return logged;
    },
  };
}

/** What the log keeps of a body: JSON and text up to 64 KiB. */
export function bodyForLog(body: Buffer, contentType: string | undefined): unknown {
  if (body.length === 0 || body.length > longestBody) return undefined;
  if (contentType === undefined || !/json|text|urlencoded/.test(contentType)) return undefined;
  const text = body.toString('utf8');
  if (!contentType.includes('json')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
