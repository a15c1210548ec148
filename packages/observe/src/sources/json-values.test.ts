import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { judgeAlert } from '../alerts/judge-alert.ts';
import { periodsOfAlerts, planAlerts } from '../alerts/plan-alerts.ts';
import type { Reading } from '../reading.ts';
import { SourceError } from '../source.ts';
import { jsonValues } from './json-values.ts';

const token = 'canary-json-values-token';
const until = 1_800_000_000_000;
const minuteMs = 60_000;

/** The health body of an app with circuit breakers, and an answer of an analytics service with a count of events. */
const health = { status: 'healthy', circuit_breakers: { openai: 'open', google_ai: 'closed', mail: 'half-open' } };
const events = { results: [{ action: { name: '$exception' }, aggregated_value: 12, sessions: 300 }] };

const sandboxed = (sandbox: Sandbox, more: { token?: string; path?: string; pool?: string } = {}) => {
  const { url: origin, token: known } = sandbox.description.app;
  const { token: sent = known, path = '/health', pool = '$.pool' } = more;
  const url = `${origin}${path}`;
  const values = { usage: { url, value: '$.usage' }, 'database-pool': { url, value: pool } };
  const trusted = { origin, headers: { authorization: `Bearer ${sent}` } };
  return jsonValues({ values, trusted, clock: contractClock });
};

describeSource({
  name: 'json-values',
  make: (sandbox) => sandboxed(sandbox),
  secret: (sandbox) => sandbox.description.app.token,
  asks: { service: 'app', route: '/health' },
  tells: {
    tell(sandbox) {
      sandbox.monitoring.app.values = { usage: 12, pool: 0.5 };
    },
    expected: [
      ['usage', 12],
      ['database-pool', 0.5],
    ],
    nothing(sandbox) {
      sandbox.monitoring.app.values = {};
    },
    unitMistake: (sandbox) => sandboxed(sandbox, { pool: '$.usage' }),
    stale: {
      fault: {
        status: 200,
        body: { usage: 12, pool: 0.5 },
        headers: { 'content-type': 'application/json', age: '90' },
      },
    },
  },
  wrongCredentials: [
    {
      called: 'a token that is not known',
      make: (sandbox) => sandboxed(sandbox, { token: 'nobody' }),
      reason: 'source_unauthorized',
      says: /observe\.json-values\.usage\.url, source-url and source-token/,
    },
  ],
  wrongSite: {
    called: 'an address that knows no numbers',
    make: (sandbox) => sandboxed(sandbox, { path: '/healthy' }),
    reason: 'wrong_address',
    says: /observe\.json-values\.usage\.url/,
  },
  notANumber: () => ({ usage: 'many', pool: 0.5 }),
});

describe('source json-values', () => {
  let server: Server;
  let address = '';
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: IncomingMessage[] = [];
  before(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const json = (body: unknown) => {
    answer = (_, response) => void response.end(JSON.stringify(body));
  };
  function source(metric: string, value: string, more: { count?: string; query?: string; origin?: string } = {}) {
    const part = { url: `${address}/numbers${more.query ?? ''}`, value, ...(more.count && { count: more.count }) };
    const trusted = { origin: more.origin ?? address, headers: { authorization: `Bearer ${token}` } };
    return jsonValues({ values: { [metric]: part }, trusted, clock: contractClock });
  }
  const read = async (...given: Parameters<typeof source>): Promise<Reading[]> =>
    (await source(...given).readings?.(until - 5 * minuteMs, until)) ?? [];

  test('a number and how many samples it rests on', async () => {
    json(events);
    const [reading] = await read('usage', '$.results[0].aggregated_value', { count: '$.results[0].sessions' });
    assert.deepEqual(reading, {
      metric: 'usage',
      value: 12,
      unit: 'count',
      at: until / 1000,
      source: 'json-values',
      samples: 300,
    });
  });

  test('nothing there, null and no samples are no reading; words and per cent are mistakes', async () => {
    json({ none: null, samples: 0, value: 3, word: 'three' });
    assert.deepEqual(await read('usage', '$.missing'), []);
    assert.deepEqual(await read('usage', '$.none'), []);
    assert.deepEqual(await read('usage', '$.value', { count: '$.samples' }), []);
    await assert.rejects(read('usage', '$.word'), { reasonCode: 'source_bad_answer' });
    await assert.rejects(read('database-cpu', '$.value'), { reasonCode: 'unit_mistake' });
  });

  test('with {from} and {until} every minute is asked for and the worst one counts', async () => {
    answer = (request, response) => {
      const from = Number(new URL(request.url ?? '', address).searchParams.get('from'));
      response.end(JSON.stringify({ failures: from === until / 1000 - 180 ? 51 : 2 }));
    };
    const [reading] = await read('auth-failures', '$.failures', { query: '?from={from}&until={until}' });
    assert.deepEqual([reading?.value, reading?.at], [51, until / 1000 - 120]);
  });

  test('every period of the alerts is asked for by itself, and the least counts where nothing may fall', async () => {
    const { alerts } = planAlerts([
      { when: 'auth-failures above 10 per 1m' },
      { when: 'auth-failures above 100 per 1h' },
      { when: 'auth-failures below 3 per 1m' },
    ]);
    // Four in every minute but one, in which nobody failed.
    answer = (request, response) => {
      const { searchParams } = new URL(request.url ?? '', address);
      const [from, to] = [Number(searchParams.get('from')), Number(searchParams.get('until'))];
      const quiet = until / 1000 - 120;
      const minutes = (to - from) / 60 - (from <= quiet && quiet < to ? 1 : 0);
      response.end(JSON.stringify({ failures: minutes * 4 }));
    };
    const part = { url: `${address}/numbers?from={from}&until={until}`, value: '$.failures' };
    const periods = periodsOfAlerts(alerts);
    const asked = jsonValues({ values: { 'auth-failures': part }, periods, clock: contractClock });
    const readings = (await asked.readings?.(until - 5 * minuteMs, until)) ?? [];
    assert.deepEqual(
      readings.map(({ value, lowest, periodMs }) => [value, lowest, periodMs]),
      [
        [4, 0, minuteMs],
        [236, undefined, 60 * minuteMs],
      ],
    );
    const facts = {
      now: until / 1000,
      windows: [],
      combine: 'primary',
      blind: '',
      unread: '',
      minRequests: 20,
    } as const;
    assert.deepEqual(
      alerts.map((alert) => judgeAlert(alert, { ...facts, readings })).map(({ state, said }) => [state, said]),
      [
        ['ok', 'auth-failures 4 keeps the limit of 10'],
        ['firing', 'auth-failures per 60m 236 is above the limit of 100'],
        ['firing', 'auth-failures 0 is below the limit of 3'],
      ],
    );
  });

  test('breakers that are open, by name; a counter of openings', async () => {
    json(health);
    const [states] = await read('circuit-breaker-opens', '$.circuit_breakers');
    assert.deepEqual([states?.value, states?.names, states?.about], [1, ['openai'], 'openai']);
    json({ openings: 7 });
    const [counter] = await read('circuit-breaker-opens', '$.openings');
    assert.deepEqual([counter?.value, counter?.names], [7, undefined]);
  });

  test('a health body of 503 tells which breaker is open; without one its status decides', async () => {
    const answerWith = (status: number, body: string) => {
      answer = (_, response) => void response.writeHead(status).end(body);
    };
    answerWith(503, JSON.stringify(health));
    const [states] = await read('circuit-breaker-opens', '$.circuit_breakers');
    assert.deepEqual(states?.names, ['openai']);
    for (const body of ['', '{"error":"gone"}']) {
      answerWith(401, body);
      const refused = read('circuit-breaker-opens', '$.circuit_breakers');
      await assert.rejects(refused, { reasonCode: 'source_unauthorized' });
    }
  });

  test('a state that is no word is not closed', async () => {
    for (const circuit_breakers of [{ payments: { state: 'open' } }, { payments: null }, { payments: 1 }, ['open']]) {
      json({ circuit_breakers });
      const failed = read('circuit-breaker-opens', '$.circuit_breakers');
      await assert.rejects(failed, { reasonCode: 'source_bad_answer', message: /no map of names and states in words/ });
    }
  });

  test('the words of Resilience4j, Polly and opossum: what is held open is open, and a word that nobody knows is not closed', async () => {
    const states = {
      a: 'FORCED_OPEN',
      b: 'Isolated',
      c: 'OPEN',
      d: 'HALF_OPEN',
      e: 'METRICS_ONLY',
      f: 'DISABLED',
      g: 'halfOpen',
    };
    json({ circuit_breakers: states });
    const [reading] = await read('circuit-breaker-opens', '$.circuit_breakers');
    assert.deepEqual(reading?.names, ['a', 'b', 'c']);
    json({ circuit_breakers: { payments: 'closed', mail: 'tripped' } });
    const failed = read('circuit-breaker-opens', '$.circuit_breakers');
    await assert.rejects(failed, { reasonCode: 'source_bad_answer', message: /state "tripped" of mail is not known/ });
  });

  test('one value that cannot be read does not hide the others', async () => {
    answer = (request, response) => {
      if (request.url?.includes('gone')) response.writeHead(404).end('{}');
      else response.end('{"value": 7}');
    };
    const values = {
      'auth-failures': { url: `${address}/gone`, value: '$.value' },
      usage: { url: `${address}/numbers`, value: '$.value' },
      'webhook-failures': { url: `${address}/numbers`, value: '$.none.here' },
      'function-errors': { url: `${address}/gone`, value: '$.value' },
    };
    const asked = jsonValues({ values, clock: contractClock }).readings?.(until - minuteMs, until);
    await assert.rejects(asked ?? assert.fail(), (error) => {
      assert.ok(error instanceof SourceError);
      assert.deepEqual(
        error.known.map(({ metric, value }) => [metric, value]),
        [['usage', 7]],
      );
      assert.match(error.message, /auth-failures.*; .*function-errors/);
      return true;
    });
  });

  test('the token goes to the host of the workflow file and to no other', async () => {
    json({ value: 1 });
    const sent = async (origin: string) => {
      asked.length = 0;
      await read('usage', '$.value', { origin });
      return asked.map(({ headers }) => headers.authorization);
    };
    assert.deepEqual(await sent(address), [`Bearer ${token}`]);
    assert.deepEqual(await sent('https://app.example.com'), [undefined]);
  });
});
