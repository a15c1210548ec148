import { createHttpClient } from '#http/client';
import type { Clock } from '#http/clock';
import { type ObservationSource, SourceError } from '../source.ts';
import { type LogFields, type LogLine, readLogLines, samplesOf } from './log-lines.ts';
import { type Point, seriesSource } from './series-source.ts';
import { toSourceError } from './service.ts';
import { cachedBefore } from './stale-data.ts';

export interface JsonLogsSource extends LogFields {
  /** Answers with the lines of `{from}` to `{until}` (Unix seconds), one JSON a line or as an array. */
  url: string;
  /** `{id}` becomes the request or trace id: where people look at one request. */
  traceUrl?: string | undefined;
  /** The one host that gets token and headers: that of the address which the workflow file names (S11). */
  trusted?: { origin: string; headers: Record<string, string> } | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

/** Requests and errors from structured logs: one line is one request, its level says whether it failed (MET-07). */
export function jsonLogs(given: JsonLogsSource): ObservationSource {
  const { clock, signal, trusted } = given;
  let newest: LogLine[] = [];

  async function askLines(from: number, until: number): Promise<LogLine[]> {
    const url = new URL(fill(given.url, from, until));
    const headers = url.origin === trusted?.origin ? trusted.headers : {};
    const limits = { deadlineMs: 10_000, attempts: 3, budgetMs: 15_000 };
    const client = createHttpClient({ baseUrl: url.origin, headers, ...limits, signal, clock });
    let text = '';
    try {
      const answer = await client.request({ path: `${url.pathname}${url.search}` });
      const cached = cachedBefore(answer.headers, clock.now(), until);
      if (cached) throw new SourceError(cached.noData, `observe.json-logs.url: ${cached.message}`);
      text = answer.text;
    } catch (error) {
      throw toSourceError(error, 'observe.json-logs.url, source-url and source-token');
    }
    // A page where lines belong is a login wall or another server.
    if (text.trimStart().startsWith('<'))
      throw new SourceError('wrong_address', 'observe.json-logs.url answers with a page, not with lines of JSON');
    return readLogLines(text, given);
  }

  async function ask(from: number, until: number, stepMs: number): Promise<Point[]> {
    const lines = (await askLines(from, until)).filter(({ at }) => at >= from && at < until);
    refuseWithoutLevel(lines, given);
    newest = lines;
    const steps = new Map<number, LogLine[]>();
    for (const line of lines) {
      const start = from + Math.floor((line.at - from) / stepMs) * stepMs;
      steps.set(start, [...(steps.get(start) ?? []), line]);
    }
    return [...steps].map(([start, inside]) => {
      const times = inside
        .flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]))
        .sort((a, b) => a - b);
      const p95 = times[Math.max(0, Math.ceil(times.length * 0.95) - 1)];
      const errors = inside.filter(({ failed }) => failed).length;
      return { start, end: start + stepMs, requests: inside.length, errors, ...(p95 !== undefined && { p95 }) };
    });
  }

  return seriesSource({
    name: 'json-logs',
    denominator: 'lines of the log',
    granularityMs: 1_000,
    // Logs are shipped in batches.
    readAfterMs: [10_000],
    settledAfterMs: 60_000,
    absentMeansZero: true,
    names: { requests: 'observe.json-logs', errors: 'observe.json-logs' },
    clock,
    ask,
    asked: () => ({ query: `lines of ${new URL(fill(given.url, 0, 0)).host}` }),
    readings: async () => samplesOf(newest, given.traceUrl),
  });
}

/** A request of which nobody knows whether it failed would be counted as a good one: a wrong path would mean that nothing ever fails. */
function refuseWithoutLevel(lines: readonly LogLine[], { level = '$.level' }: LogFields): void {
  const without = lines.filter(({ failed }) => failed === undefined).length;
  if (without === 0) return;
  const message = `${without} of ${lines.length} lines have no level at ${level}: set observe.json-logs.level, or let observe.json-logs.match name the lines that end a request`;
  throw new SourceError('source_bad_answer', message);
}

function fill(url: string, from: number, until: number): string {
  return url
    .replaceAll('{from}', String(Math.floor(from / 1000)))
    .replaceAll('{until}', String(Math.ceil(until / 1000)));
}
