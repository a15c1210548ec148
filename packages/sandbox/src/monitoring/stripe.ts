import { type Answer, type Handler, jsonAnswer } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';

/** An event and whether every endpoint took it; `created` in Unix seconds. */
export interface SandboxStripeEvent {
  id: string;
  type: string;
  created: number;
  delivered: boolean;
}

/** Keys and events of the sandbox's Stripe; the sandbox's app takes no payments, so whoever needs events puts them here. */
export interface SandboxStripe {
  /** A restricted key that may read events. */
  apiKey: string;
  events: SandboxStripeEvent[];
}

const known = ['delivery_success', 'created[gte]', 'created[lt]', 'limit', 'starting_after'];

/** Events as docs.stripe.com/api/events/list says: newest first, `limit` to 100, `starting_after` an id, what is unknown is refused. */
export function stripeService(stripe: SandboxStripe): Handler {
  return createRouter(
    {
      'GET /v1/events': ({ headers, query }) => {
        const key = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
        if (key !== stripe.apiKey) return refused(401, `Invalid API Key provided: ${key}`);
        const strange = [...query.keys()].find((name) => !known.includes(name));
        if (strange !== undefined) return refused(400, `Received unknown parameter: ${strange}`);
        const limit = Number(query.get('limit') ?? 10);
        if (!(limit >= 1 && limit <= 100)) return refused(400, 'Limit must be between 1 and 100');
        const wanted = query.get('delivery_success');
        const [from, before] = [Number(query.get('created[gte]')), Number(query.get('created[lt]') ?? Infinity)];
        if (from > 1e11) return refused(400, 'Invalid timestamp: must be an integer Unix timestamp');
        const all = stripe.events
          .filter(({ delivered }) => wanted === null || String(delivered) === wanted)
          .filter(({ created }) => created >= from && created < before)
          .toSorted((a, b) => b.created - a.created);
        const after = query.get('starting_after');
        const first = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
        const data = all.slice(first, first + limit).map(({ delivered, ...event }) => ({
          ...{ object: 'event', livemode: true, pending_webhooks: delivered ? 0 : 1 },
          ...event,
          data: { object: { customer_email: 'canary-anna@example.com', amount: 4_200 } },
        }));
        return jsonAnswer(200, { object: 'list', url: '/v1/events', data, has_more: first + limit < all.length });
      },
    },
    () => refused(404, 'Unrecognized request URL'),
  );
}

function refused(status: number, message: string): Answer {
  return jsonAnswer(status, { error: { type: 'invalid_request_error', message } });
}
