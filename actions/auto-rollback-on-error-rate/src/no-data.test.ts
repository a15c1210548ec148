import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { type MissingPolicy, missingPolicies } from '#config/settings';
import { OwnRequests } from '#observe/own-requests';
import { createSource } from '#observe/sources/registry';
import { observeWindow, type WatchOutcome } from '#observe/watch';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { decideAction } from './decide-action.ts';

const minute = 60_000;
const start = 1_700_000_040_000;

/** What Sentry answers: an error, nothing, or rows that end an hour before the watch began. */
const answers = {
  '500': () => ({ status: 500, body: {} }),
  empty: () => ({ status: 200, body: { timeSeries: [] } }),
  stale: () => {
    const times = Array.from({ length: 60 }, (_, index) => start - 2 * 60 * minute + index * minute);
    const axis = (yAxis: string, value: number) => ({
      yAxis,
      values: times.map((timestamp) => ({ timestamp, value, incomplete: false })),
    });
    return { status: 200, body: { timeSeries: [axis('count(span.duration)', 300), axis('failure_rate()', 0.01)] } };
  },
};

/** A whole window against a Sentry that answers so. */
async function watch(kind: keyof typeof answers): Promise<WatchOutcome> {
  const clock = new SimulatedClock(start);
  const server = createServer((_, response) => {
    const { status, body } = answers[kind]();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const sentry = { url, token: 'sentry-token', organization: 'acme', projects: [1] };
    // It waits for nobody between its attempts: the simulated time stands still while a question is open.
    const patience = { now: () => clock.now(), sleep: async () => {} };
    const parts = { vendors: { sentry }, rounds: [], own: new OwnRequests(), clock: patience };
    const made = await createSource('sentry', parts);
    return await observeWindow({
      source: { ...made, read: clock.busy(made.read) },
      rules: [parseRule('error-rate above 2% within 15m')],
      windowMs: 4 * minute,
      intervalMs: minute,
      minRequests: 20,
      baselineMs: 0,
      clock,
      signal: new AbortController().signal,
      log: () => {},
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const ends: Record<MissingPolicy, string> = { hold: 'held', fail: 'would-roll-back', ask: 'asked', pass: 'pass' };

for (const kind of ['500', 'empty', 'stale'] as const) {
  test(`Sentry answers ${kind}: the run ends as no data, and does what on-no-data says (ARB-12)`, async () => {
    const outcome = await watch(kind);
    assert.deepEqual([outcome.verdict, outcome.reasonCode], ['no-data', 'source_blind'], outcome.summary);
    for (const onNoData of missingPolicies) {
      const plan = { mode: 'auto', onNoData, onInconclusive: 'hold' } as const;
      const { decision, act } = decideAction(outcome, plan, { act: true, mayAsk: true });
      assert.deepEqual([decision, act], [ends[onNoData], onNoData === 'fail'], onNoData);
    }
  });
}
