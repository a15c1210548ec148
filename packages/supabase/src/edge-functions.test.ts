import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEdgeFunctions } from './edge-functions.ts';
import { functionsProject, source } from './testing/functions-project.ts';

for (const { status, code } of [
  { status: 401, code: 'supabase_token_rejected' },
  { status: 402, code: 'supabase_plan' },
  { status: 403, code: 'supabase_forbidden' },
  { status: 404, code: 'supabase_not_found' },
  { status: 413, code: 'function_too_large' },
  { status: 422, code: 'supabase_refused' },
]) {
  test(`status ${status} is ${code}, with what Supabase says and without the token`, async (t) => {
    const { sandbox, open, token } = await functionsProject(t);
    const fault = { status, body: { message: 'why it is so' } };
    sandbox.faults.order({ service: 'supabase', method: 'GET', route: '/v1/projects/:ref/functions', fault });
    await assert.rejects(open().functions.list(), (error: Error & { reasonCode?: string }) => {
      assert.equal(error.reasonCode, code);
      assert.match(error.message, /Supabase says: "why it is so"/);
      assert.ok(!error.message.includes(token));
      return true;
    });
  });
}

test('the rate limit tells in X-RateLimit-Reset how long to wait', async (t) => {
  const { sandbox, apiUrl, token, project } = await functionsProject(t);
  const fault = { status: 429, headers: { 'x-ratelimit-reset': '17' } };
  sandbox.faults.order({ service: 'supabase', method: 'GET', route: '/v1/projects/', times: 4, fault });
  const slept: number[] = [];
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void slept.push(ms) };
  const functions = openEdgeFunctions({ apiUrl, token, project, clock });
  assert.deepEqual(await functions.list(), []);
  assert.ok(slept.includes(17_000), String(slept));
});

test('a deploy whose answer was lost is sent again: the function is live once, whatever its number', async (t) => {
  const { sandbox, open, answer } = await functionsProject(t);
  sandbox.faults.order({ service: 'supabase', method: 'POST', route: '/v1/', fault: { afterEffect: true } });
  const live = await open().functions.deploy(source('alpha', 'alpha-one'));
  assert.equal(live.version, 2);
  assert.equal(await answer('alpha'), '200 alpha-one');
  assert.equal(sandbox.supabase.functions().length, 1);
});

test('what somebody removed meanwhile is created again with its former bundle', async (t) => {
  const { open, answer } = await functionsProject(t);
  const { functions } = open();
  const { version, name, entrypointPath } = await functions.deploy(source('alpha', 'alpha-one'));
  const body = await functions.body('alpha');
  await functions.remove('alpha');
  await functions.remove('alpha');
  assert.equal(await functions.get('alpha'), undefined);
  await functions.putBack({
    ...{ slug: 'alpha', name, version, verifyJwt: false, body },
    ...(entrypointPath === undefined ? {} : { entrypointPath }),
  });
  assert.equal(await answer('alpha'), '200 alpha-one');
});
