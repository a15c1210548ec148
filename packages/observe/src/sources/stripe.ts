import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { countsNothing } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import { createService } from './service.ts';
import { type AskedPeriod, periodsAsked, periodsOf, readingOf } from './value-reading.ts';

export interface StripeSource {
  /** https://api.stripe.com */
  url: string;
  /** A restricted key that may read events is enough. */
  apiKey: string;
  /** Over how long deliveries are counted, by metric; default a minute. */
  periods?: Readonly<Record<string, readonly AskedPeriod[]>> | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const metric = 'webhook-failures';
// An event whose first delivery is under way is "not delivered", too: younger ones say nothing.
const settledAfterMs = 120_000;
const pageSize = 100;
const mostPages = 5;
const mostTypes = 5;

/** Of an event only this is read: what it is about are customers. */
const page = z.object({
  data: z.array(z.object({ id: z.string(), type: z.string(), created: z.number() })),
  has_more: z.boolean(),
});
type Event = z.infer<typeof page>['data'][number];

/**
 * Webhooks that Stripe could not deliver, by type (MET-15): GET /v1/events with `delivery_success=false` gives the events that are pending
 * or failed at one endpoint at least (docs.stripe.com/api/events/list), newest first. It counts no requests.
 */
export function stripe(given: StripeSource): ObservationSource {
  const { url, apiKey, clock, signal } = given;
  const service = createService({
    baseUrl: url,
    headers: { authorization: `Bearer ${apiKey}` },
    check: 'stripe-api-key (it must be able to read events)',
    credential: { input: 'stripe-api-key', of: 'stripe', value: apiKey },
    clock,
    signal,
  });

  /** @returns whether there are more than what was read. */
  async function undelivered(from: number, until: number): Promise<{ events: Event[]; more: boolean }> {
    const events: Event[] = [];
    for (let pages = 1; ; pages++) {
      const last = events.at(-1);
      const json = await service.ask({
        path: '/v1/events',
        query: {
          delivery_success: false,
          'created[gte]': Math.floor(from / 1000),
          'created[lt]': Math.floor(until / 1000),
          limit: pageSize,
          ...(last !== undefined && { starting_after: last.id }),
        },
      });
      const parsed = page.safeParse(json);
      if (!parsed.success) throw new SourceError('source_bad_answer', 'Stripe did not answer with a list of events');
      events.push(...parsed.data.data);
      if (!parsed.data.has_more || parsed.data.data.length === 0) return { events, more: false };
      if (pages === mostPages) return { events, more: true };
    }
  }

  return {
    name: 'stripe',
    denominator: 'numbers, no requests',
    granularityMs: 0,
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read() {
      return countsNothing('stripe');
    },
    async readings(from, until) {
      const end = until - settledAfterMs;
      const asked = periodsAsked(given.periods, metric).filter(({ compared }) => !compared);
      const all = asked.map(({ periodMs }) => ({ periodMs, spans: periodsOf(from, end, periodMs) }));
      const earliest = Math.min(end, ...all.flatMap(({ spans }) => spans.map(({ start }) => start)));
      const { events, more } = await undelivered(earliest, end);
      return all.flatMap(({ periodMs, spans }) => {
        const counted = spans.map(({ start, end: before }) =>
          events.filter(({ created }) => created * 1000 >= start && created * 1000 < before),
        );
        const about = { metric, setting: 'observe.stripe', source: 'stripe' };
        const rows = counted.map((some) => ({ value: some.length }));
        const reading = readingOf(rows, spans, about);
        if (reading === undefined) return [];
        const worst = counted.find((some) => some.length === reading.value) ?? [];
        const types = typesOf(worst, more);
        return [{ ...reading, periodMs, ...(types !== '' && { about: types }) } satisfies Reading];
      });
    },
    async close() {},
  };
}

/** `invoice.paid 3, charge.failed 1`, the most frequent first. */
function typesOf(events: readonly Event[], more: boolean): string {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const sorted = [...counts].sort(([a, first], [b, second]) => second - first || a.localeCompare(b));
  const named = sorted.slice(0, mostTypes).map(([type, count]) => `${cleanText(type, 60)} ${count}`);
  if (sorted.length > mostTypes) named.push(`${sorted.length - mostTypes} more types`);
  if (more) named.push('and more than were read');
  return named.join(', ');
}
