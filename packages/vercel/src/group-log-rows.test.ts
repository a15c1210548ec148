import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupLogRows, type RuntimeLogRow } from './group-log-rows.ts';

const row = (more: Partial<RuntimeLogRow>): RuntimeLogRow => ({
  rowId: 'r',
  timestamp: 1,
  level: 'info',
  source: 'serverless',
  ...more,
});

test('rows of one request id are one request with the status of the row that has one', () => {
  const requests = groupLogRows([
    row({ requestId: 'a', timestamp: 10, path: '/api/notes' }),
    row({ requestId: 'b', timestamp: 11, status: 200 }),
    row({ requestId: 'a', timestamp: 12, level: 'error' }),
    row({ requestId: 'a', timestamp: 15, status: 500 }),
  ]);
  assert.deepEqual(requests, [
    { at: 11, status: 200, requestId: 'b' },
    { at: 15, status: 500, path: '/api/notes', requestId: 'a' },
  ]);
});

test('without ids, the lines that one request printed are one request', () => {
  const same = { timestamp: 10, domain: 'app.example.com', method: 'GET', path: '/', status: 500 };
  const requests = groupLogRows([row(same), row({ ...same, rowId: 's' }), row({ ...same, timestamp: 11 })]);
  assert.equal(requests.length, 2);
});

test('a request without a status is unfinished; rows without id and status and delimiters count as nothing', () => {
  const requests = groupLogRows([row({ requestId: 'a' }), row({}), row({ source: 'delimiter', requestId: 'd' })]);
  assert.deepEqual(requests, [{ at: 1, requestId: 'a' }]);
});
