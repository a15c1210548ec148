import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSuite, SuiteError } from './read-suite.ts';

test('a suite is a list of paths and checks', async () => {
  const text = `
checks:
  - /api/health
  - { name: sign-in, path: /api/auth/session, method: POST, status: [200, 4xx], timeout: 2s }
  - path: /api/status
    json: { $.status: ok, $.count: 3 }
    contains: ok
`;
  const [first, second, third] = await readSuite('smoke.yml', text);
  assert.deepEqual(first, { path: '/api/health' });
  assert.equal(second?.timeoutMs, 2000);
  assert.equal(second?.status?.length, 101);
  assert.deepEqual(third?.json, { '$.status': 'ok', '$.count': 3 });
});

test('all mistakes are told at once, each with its line', async () => {
  const text = '- path: /a\n  staus: 200\n- method: PUT\n- path: /b\n  status: abc\n  json: { "$.[": 1 }\n';
  await assert.rejects(readSuite('smoke.yml', text), (error) => {
    assert.ok(error instanceof SuiteError);
    assert.match(error.message, /smoke\.yml: line 1: unknown key "staus"/);
    assert.match(error.message, /line 3: path is missing/);
    assert.match(error.message, /line 3: method must be GET, HEAD or POST/);
    assert.match(error.message, /line 4: status: "abc" is not a status/);
    assert.match(error.message, /line 4: json: /);
    return true;
  });
});

for (const text of ['', 'checks: []', 'checks: 3', '- a\n b: [', 'a: &x [*x]']) {
  test(`${JSON.stringify(text)} is refused`, async () => {
    await assert.rejects(readSuite('smoke.yml', text), SuiteError);
  });
}
