import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { LocalVercel } from '../test/local-vercel.ts';
import { alignQuery, queryObservability } from './observability.ts';
import { openVercelProject } from './project.ts';

const minute = 60_000;
let vercel: LocalVercel;
let asked: Record<string, unknown>[];
let data: unknown[];
beforeEach(async () => {
  vercel = await LocalVercel.start();
  asked = [];
  data = [];
  vercel.routes.push({
    method: 'POST',
    route: /observability\/query$/,
    answer: (body) => {
      asked.push(JSON.parse(body));
      return { json: { data, summary: [] } };
    },
  });
});
afterEach(() => vercel.close());
const ask = async (from: number, until: number, granularityMinutes = 1) =>
  queryObservability(await openVercelProject(vercel.connection()), { from, until, granularityMinutes });

test('counts per minute, errors are 5xx; a minute that is still filling is not asked for', async () => {
  data = [
    { timestamp: new Date(2 * minute).toISOString(), httpStatus: '500', vercel_request_count_sum: 2 },
    { timestamp: new Date(minute).toISOString(), httpStatus: '200', vercel_request_count_sum: 10 },
    { timestamp: new Date(minute).toISOString(), httpStatus: 503, vercel_request_count_sum: 1 },
    { timestamp: new Date(minute).toISOString(), httpStatus: '404', vercel_request_count_sum: 4 },
  ];
  assert.deepEqual(await ask(minute, 3 * minute + 30_000), [
    { start: minute, end: 2 * minute, requests: 15, errors: 1 },
    { start: 2 * minute, end: 3 * minute, requests: 2, errors: 2 },
  ]);
  assert.equal(asked[0]?.endTime, new Date(3 * minute).toISOString());
  assert.deepEqual(asked[0]?.scope, { type: 'project', ownerId: 'team_local', projectIds: ['prj_local'] });
});

test('nothing counted is an empty list, less than one bucket is not asked for at all', async () => {
  assert.deepEqual(await ask(0, 5 * minute), []);
  assert.deepEqual(await ask(0, 30_000), []);
  assert.equal(asked.length, 1);
});

test('without Observability Plus the reason names what works instead', async () => {
  vercel.faults.push({ route: /observability/, status: 402 });
  await assert.rejects(ask(0, minute), (error: Error & { reasonCode?: string }) => {
    assert.equal(error.reasonCode, 'observability_plus_missing');
    assert.match(error.message, /vercel-runtime-logs/);
    return true;
  });
});

test('an answer that was cut at the limit is not taken as the whole', async () => {
  data = Array.from({ length: 1_000 }, () => ({ timestamp: 0, httpStatus: '200', vercel_request_count_sum: 1 }));
  await assert.rejects(ask(0, minute), { reasonCode: 'observability_truncated' });
});

test('the granularity is at least what Vercel allows for the span', () => {
  assert.equal(alignQuery({ from: 0, until: 60 * minute, granularityMinutes: 1 }).minutes, 1);
  assert.equal(alignQuery({ from: 0, until: 61 * minute, granularityMinutes: 1 }).minutes, 5);
  assert.equal(alignQuery({ from: 0, until: 721 * minute, granularityMinutes: 1 }).minutes, 60);
  assert.deepEqual(alignQuery({ from: 61_000, until: 359_000, granularityMinutes: 2 }), {
    start: 0,
    end: 240_000,
    minutes: 2,
  });
});
