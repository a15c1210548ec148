import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { SandboxStripeEvent } from '#sandbox/monitoring/stripe';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { describeSource } from '../../test/source-contract.ts';
import { judgeAlert } from '../alerts/judge-alert.ts';
import { periodsOfAlerts, planAlerts } from '../alerts/plan-alerts.ts';
import type { Reading } from '../reading.ts';
import { type StripeSource, stripe } from './stripe.ts';

const until = 1_800_000_000_000;
const now = until / 1000;
const minuteMs = 60_000;
const impatient = { now: () => until, sleep: async () => {} };

const of = (sandbox: Sandbox, more: Partial<StripeSource> = {}) => {
  const { apiUrl: url, apiKey } = sandbox.description.stripe;
  const periods = { 'webhook-failures': [{ periodMs: 5 * minuteMs, compared: false }] };
  return stripe({ url, apiKey, periods, clock: impatient, ...more });
};
const withKey = (called: string, apiKey: string, reason: string, says: RegExp) => ({
  ...{ called, reason, says },
  make: (sandbox: Sandbox) => of(sandbox, { apiKey }),
});

describeSource({
  name: 'stripe',
  make: (sandbox) => of(sandbox),
  secret: (sandbox) => sandbox.description.stripe.apiKey,
  asks: { service: 'stripe', route: '/v1/events' },
  tells: {
    tell(sandbox) {
      const created = 1_700_000_040 + 10 * 60;
      const events = Array.from({ length: 60 }, (_, cases) => created + cases * 12 * 3_600);
      sandbox.monitoring.stripe.events = events.map((at) => ({
        id: `evt_${at}`,
        type: 'invoice.paid',
        created: at,
        delivered: false,
      }));
    },
    expected: [['webhook-failures', 1]],
    nothing: { not: 'without an event nothing failed: 0 is what was counted' },
    unitMistake: { not: 'events are counted one by one: no number is read' },
    stale: { not: 'events are asked for by the time at which they were made' },
  },
  wrongCredentials: [
    withKey(
      'a publishable key',
      'pk_live_0000',
      'wrong_credential',
      /stripe-api-key does not fit: it is a publishable key/,
    ),
    withKey('the signing secret of a webhook', 'whsec_0000', 'wrong_credential', /the signing secret/),
    withKey('a key that is not known', 'rk_live_0000', 'source_unauthorized', /Check stripe-api-key/),
  ],
  wrongSite: { not: 'Stripe has one address for all accounts' },
  notANumber: () => ({
    object: 'list',
    has_more: false,
    data: [{ id: 'evt_1', type: 'invoice.paid', created: 'now' }],
  }),
});

describe('source stripe', () => {
  let sandbox: Sandbox;
  let events: SandboxStripeEvent[] = [];
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
  });
  after(() => sandbox?.close());
  beforeEach(() => {
    events = [];
  });

  let number = 0;
  const event = (secondsAgo: number, type: string, delivered = false): SandboxStripeEvent => {
    number += 1;
    return { id: `evt_${number}`, type, created: now - secondsAgo, delivered };
  };
  const read = async (periodMs = 5 * minuteMs): Promise<Reading[]> => {
    sandbox.monitoring.stripe.events = events;
    const source = of(sandbox, { periods: { 'webhook-failures': [{ periodMs, compared: false }] } });
    return (await source.readings?.(until - 15 * minuteMs, until)) ?? [];
  };

  test('failed deliveries alert with their types and their number, and with nothing of a customer (MET-15)', async () => {
    events = [
      event(200, 'invoice.payment_failed'),
      event(210, 'invoice.payment_failed'),
      event(220, 'checkout.session.completed'),
      event(230, 'charge.succeeded', true),
    ];
    const { alerts } = planAlerts([{ when: 'webhook-failures above 0 per 5m', level: 'P1' }]);
    sandbox.monitoring.stripe.events = events;
    const source = of(sandbox, { periods: periodsOfAlerts(alerts) });
    const readings = (await source.readings?.(until - 15 * minuteMs, until)) ?? [];
    const facts = { now, windows: [], readings, blind: '', unread: '', combine: 'primary', minRequests: 30 } as const;
    const finding = judgeAlert(alerts[0] ?? assert.fail(), facts);
    assert.deepEqual([finding.state, finding.limit?.level], ['firing', 'P1']);
    assert.equal(
      finding.said,
      'webhook-failures per 5m 3 (invoice.payment_failed 2, checkout.session.completed 1) is above the limit of 0',
    );
    assert.ok(!JSON.stringify({ readings, finding }).includes('canary'));
    events = [];
    const [quiet] = await read();
    assert.deepEqual([quiet?.value, quiet?.about], [0, undefined]);
  });

  test('an event whose delivery may still be under way is not counted, and the worst period is told', async () => {
    events = [event(30, 'a.new'), event(119, 'a.new'), event(300, 'b.late'), event(400, 'b.late'), event(800, 'c.old')];
    const [reading] = await read();
    assert.deepEqual([reading?.value, reading?.about, reading?.periodMs], [2, 'b.late 2', 5 * minuteMs]);
  });

  test('many are read page by page, and what was not read is said', async () => {
    events = Array.from({ length: 640 }, (_, index) => event(130 + (index % 200), `type.${index % 7}`));
    const before = sandbox.requests().length;
    const [reading] = await read(15 * minuteMs);
    assert.deepEqual([reading?.value, sandbox.requests().length - before], [500, 5]);
    assert.match(reading?.about ?? '', /2 more types, and more than were read$/);
    assert.equal((reading?.about ?? '').split(', ').length, 7);
  });
});
