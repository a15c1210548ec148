import { createHttpClient } from '#http/client';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { readJsonPath } from '#probe/json-path';
import { countsNothing } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import { toSourceError } from './service.ts';
import { cachedBefore } from './stale-data.ts';
import { type AskedPeriod, periodsAsked, periodsOf, readingOf, withKnown } from './value-reading.ts';

/** Where one number is: an address and JSON paths. */
export interface JsonValue {
  /** `{from}` and `{until}` in it become Unix seconds. */
  url: string;
  /** Path of the number; of circuit-breaker-opens also of a map of breakers and their states. */
  value: string;
  /** Path of the number of samples it rests on; 0 is no reading. */
  count?: string | undefined;
}

export interface JsonValuesSource {
  /** By name of the metric. */
  values: Record<string, JsonValue>;
  /** The one host that gets token and headers: that of the address which the workflow file names (S11). */
  trusted?: { origin: string; headers: Record<string, string> } | undefined;
  /** Over how long values with `{from}` are counted, by metric; default a minute. Of several periods the extremes are told. */
  periods?: Readonly<Record<string, readonly AskedPeriod[]>> | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

interface Span {
  start: number;
  end: number;
}

// One request for each period: more of them would not be a look but a load.
const longestMs = 15;
const mostNames = 50;
/** Usually told by a health body, which answers 503 while a breaker is open. */
const breakers = 'circuit-breaker-opens';

/** Single numbers from any JSON over HTTP: health bodies, counts of events, circuit breakers (MET-06, MET-13). It counts no requests. */
export function jsonValues(given: JsonValuesSource): ObservationSource {
  const { values, trusted, clock, signal } = given;

  /** `end` as in cachedBefore. */
  async function ask(metric: string, address: string, value: string, end?: number): Promise<unknown> {
    const url = new URL(address);
    const headers = url.origin === trusted?.origin ? trusted.headers : {};
    const client = createHttpClient({ baseUrl: url.origin, headers, deadlineMs: 5_000, attempts: 3, signal, clock });
    const path = `${url.pathname}${url.search}`;
    let text = '';
    try {
      if (metric === breakers) {
        const told = await client.request({ path, accept: 'any' });
        refuseCached(told.headers, metric, end);
        const health = parse(told.text);
        if (isThere(readJsonPath(health, value))) return health;
        // No health body: asked again, so that its status decides as everywhere.
      }
      const answer = await client.request({ path });
      refuseCached(answer.headers, metric, end);
      text = answer.text;
      return answer.json();
    } catch (error) {
      throw toSourceError(error, `observe.json-values.${metric}.url, source-url and source-token`, text);
    }
  }

  function refuseCached(headers: Headers, metric: string, end?: number): void {
    const cached = cachedBefore(headers, clock.now(), end);
    if (cached) throw new SourceError(cached.noData, `observe.json-values.${metric}.url: ${cached.message}`);
  }

  async function readSpans(metric: string, part: JsonValue, spans: readonly Span[]): Promise<Reading | undefined> {
    const rows: { value: unknown; count?: unknown }[] = [];
    for (const { start, end } of spans) {
      const timed = part.url.includes('{from}') ? end : undefined;
      const body = await ask(metric, fill(part.url, start, end), part.value, timed);
      const count = part.count === undefined ? {} : { count: readJsonPath(body, part.count) };
      rows.push({ value: readJsonPath(body, part.value), ...count });
    }
    const [first] = rows;
    if (metric === breakers && typeof first?.value === 'object' && first.value !== null)
      return openBreakers(first.value, spans.at(-1)?.end ?? 0);
    const about = { metric, setting: `observe.json-values.${metric}.value`, source: 'json-values' };
    return readingOf(rows, spans, about);
  }

  async function readValue(metric: string, part: JsonValue, from: number, until: number): Promise<Reading[]> {
    if (!part.url.includes('{from}')) {
      const reading = await readSpans(metric, part, [{ start: from, end: until }]);
      return reading === undefined ? [] : [reading];
    }
    const all: Reading[] = [];
    // What is compared with the days before is asked of a database only.
    for (const { periodMs } of periodsAsked(given.periods, metric).filter(({ compared }) => !compared)) {
      const reading = await readSpans(metric, part, periodsOf(from, until, periodMs).slice(-longestMs));
      if (reading !== undefined) all.push({ ...reading, periodMs });
    }
    return all;
  }

  return {
    name: 'json-values',
    denominator: 'numbers, no requests',
    granularityMs: 0,
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read() {
      return countsNothing('json-values');
    },
    async readings(from, until) {
      const asked = Object.entries(values).map(([metric, part]) => readValue(metric, part, from, until));
      const ended = await Promise.allSettled(asked);
      signal?.throwIfAborted();
      const known = ended.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
      const failed = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      if (failed.length > 0) throw withKnown(failed, known);
      return known;
    },
    async close() {},
  };
}

function fill(url: string, from: number, until: number): string {
  return url
    .replaceAll('{from}', String(Math.floor(from / 1000)))
    .replaceAll('{until}', String(Math.floor(until / 1000)));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isThere(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'object' && value !== null);
}

// Resilience4j says CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED and METRICS_ONLY (resilience4j.readme.io/docs/circuitbreaker), Polly
// Isolated for one that is held open by hand (pollydocs.org), opossum open, closed and halfOpen.
const openWords = ['open', 'forcedopen', 'isolated'];
const otherWords = ['closed', 'halfopen', 'disabled', 'metricsonly'];

/** A map of breakers: those that are open, by name. @throws SourceError for a state that nobody knows: it is not closed. */
function openBreakers(states: object, until: number): Reading {
  const all = Object.entries(states);
  if (Array.isArray(states) || all.some(([, state]) => typeof state !== 'string')) {
    const message = `observe.json-values.${breakers}.value gives no map of names and states in words, nor a number of openings`;
    throw new SourceError('source_bad_answer', message);
  }
  const wordOf = (state: string) => state.toLowerCase().replace(/[^a-z]/g, '');
  const unknown = all.find(([, state]) => ![...openWords, ...otherWords].includes(wordOf(state)));
  if (unknown !== undefined) {
    const word = cleanText(unknown[1], 40);
    const message = `observe.json-values.${breakers}.value: the state ${JSON.stringify(word)} of ${cleanText(unknown[0], 60)} is not known; known are closed, open, half-open, forced-open, isolated, disabled and metrics-only`;
    throw new SourceError('source_bad_answer', message);
  }
  const open = all
    .filter(([, state]) => openWords.includes(wordOf(state)))
    .map(([name]) => cleanText(name, 60))
    .slice(0, mostNames)
    .sort();
  const about = open.length > 0 ? { about: open.join(', ') } : {};
  return {
    metric: breakers,
    value: open.length,
    unit: 'count',
    at: until / 1000,
    source: 'json-values',
    names: open,
    ...about,
  };
}
