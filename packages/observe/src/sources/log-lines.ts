import { readJsonPath } from '#probe/json-path';
import type { Reading } from '../reading.ts';

/** Where a line says what; JSON paths. */
export interface LogFields {
  /** ISO 8601, Unix seconds or milliseconds. Default `$.time`. */
  time?: string | undefined;
  /** Default `$.level`. */
  level?: string | undefined;
  /** Levels of a failed request; default error and fatal. */
  errors?: readonly string[] | undefined;
  /** Milliseconds; absent: the source tells no response times. */
  latency?: string | undefined;
  /** Id of the request or of its trace; absent: none is shown. */
  requestId?: string | undefined;
  /** Only lines with these values are requests. */
  match?: Record<string, string | number | boolean> | undefined;
}

/** One request as its line tells it; nothing else of the line is kept, for it may hold whatever the app logs. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  /** Absent where the line has no level: whether the request failed is not known, which is not the same as that it did not. */
  failed?: boolean;
  latencyMs?: number;
  requestId?: string;
}

const standardErrors = ['error', 'fatal'];
/** pino and bunyan write numbers: 50 is error, 60 fatal. */
const numericErrors = 50;

/** The requests among lines of JSON; what is no JSON, has no time or does not match is left out. Pure. */
export function readLogLines(text: string, fields: LogFields): LogLine[] {
  return documentsOf(text).flatMap((line) => {
    const at = timeOf(readJsonPath(line, fields.time ?? '$.time'));
    if (at === undefined || !matches(line, fields.match ?? {})) return [];
    const latency = fields.latency === undefined ? undefined : readJsonPath(line, fields.latency);
    const id = fields.requestId === undefined ? undefined : readJsonPath(line, fields.requestId);
    const failed = isError(readJsonPath(line, fields.level ?? '$.level'), fields.errors ?? standardErrors);
    return [
      {
        at,
        ...(failed !== undefined && { failed }),
        ...(typeof latency === 'number' && Number.isFinite(latency) && { latencyMs: latency }),
        ...(isIdentifier(id) && { requestId: id }),
      },
    ];
  });
}

/** Three failed requests by their id, newest first, each with a link where there is a page for one. Pure. */
export function samplesOf(lines: readonly LogLine[], traceUrl: string | undefined): Reading[] {
  const failed = lines
    .filter(({ failed, requestId }) => failed && requestId !== undefined)
    .toSorted((a, b) => b.at - a.at);
  return failed.slice(0, 3).map(({ at, requestId = '' }) => ({
    metric: 'failed-request',
    value: 1,
    unit: 'count',
    at: at / 1000,
    source: 'json-logs',
    about: requestId,
    ...(traceUrl !== undefined && { url: traceUrl.replaceAll('{id}', encodeURIComponent(requestId)) }),
  }));
}

function documentsOf(text: string): unknown[] {
  if (text.trimStart().startsWith('[')) {
    const all = parse(text);
    return Array.isArray(all) ? all : [];
  }
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parse(line)]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const at = Date.parse(value);
    return Number.isNaN(at) ? undefined : at;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  // Seconds until the year 5138, milliseconds since 1973.
  return value < 1e11 ? value * 1000 : value;
}

/** Undefined where there is no level to read. Loggers disagree about capitals, and so do the settings. */
function isError(level: unknown, errors: readonly string[]): boolean | undefined {
  if (typeof level === 'number' && Number.isFinite(level)) return level >= numericErrors;
  if (typeof level !== 'string' || level.trim() === '') return undefined;
  return errors.some((error) => error.toLowerCase() === level.toLowerCase());
}

function matches(line: unknown, wanted: NonNullable<LogFields['match']>): boolean {
  return Object.entries(wanted).every(([path, value]) => readJsonPath(line, path) === value);
}

/** An id and nothing that could be a customer's words or a secret in their place: a token of letters and digits, not longer than one. */
function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\w:.-]{1,80}$/.test(value);
}
