import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployFunctions } from './deploy-functions.ts';
import { functionsProject, source } from './testing/functions-project.ts';

const three = (version: string) => ['alpha', 'beta', 'gamma'].map((slug) => source(slug, `${slug}-${version}`));

test('three functions are deployed, each is proven by version and by a request', async (t) => {
  const { open, answer, sandbox, facts } = await functionsProject(t);
  const first = await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'first', earlier: [] });
  assert.equal(first.decision, 'deployed', first.message);
  assert.deepEqual(
    first.deployed.map(({ slug, version }) => `${slug} ${version}`),
    ['alpha 1', 'beta 1', 'gamma 1'],
  );
  assert.equal(await answer('beta'), '200 beta-one');
  const asked = sandbox.requests().filter((request) => request.method === 'OPTIONS');
  assert.deepEqual(
    asked.map((request) => request.path),
    ['/functions/v1/alpha', '/functions/v1/beta', '/functions/v1/gamma'],
  );
  assert.match(facts[0] ?? '', /^intent:stored memory:first#/);
});

test('what is replaced is stored and in the ledger before the first function is published', async (t) => {
  const { open, sandbox, facts, stored, token } = await functionsProject(t);
  await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'first', earlier: [] });
  facts.length = 0;
  const deps = open();
  deps.record = async (kind) => {
    if (kind === 'intent') throw new Error('GitHub answers 503');
  };
  const before = sandbox.requests().length;
  const outcome = await deployFunctions(deps, { sources: three('two'), planOnly: false, name: 'second', earlier: [] });
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['refused', 'functions_not_recorded']);
  assert.match(outcome.message, /Nothing was published/);
  const published = sandbox
    .requests()
    .slice(before)
    .filter((request) => request.path.endsWith('/deploy') && request.query.bundleOnly !== 'true');
  assert.deepEqual(published, []);
  const sealed = Buffer.from(stored.get('second') ?? []);
  assert.ok(sealed.length > 0);
  assert.ok(!sealed.includes('alpha-one') && !sealed.includes(token), 'sealed');
});

test('a function that does not bundle keeps all from being published', async (t) => {
  const { open, sandbox } = await functionsProject(t);
  const entrypoint = 'supabase/functions/broken/index.ts';
  const broken = source('broken', '', {
    files: [{ path: entrypoint, content: Buffer.from("import { x } from './missing.ts';\nDeno.serve(() => x);\n") }],
    missing: ['supabase/functions/broken/missing.ts'],
  });
  const sources = [source('alpha', 'alpha-one'), broken];
  const outcome = await deployFunctions(open(), { sources, planOnly: false, name: 'first', earlier: [] });
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['refused', 'functions_do_not_bundle']);
  assert.match(outcome.message, /Module not found.*Not in the checkout: supabase\/functions\/broken\/missing\.ts/);
  assert.deepEqual(sandbox.supabase.functions(), []);
});

test('the second of three fails: all three end with their former bundles', async (t) => {
  const { open, sandbox, answer, facts } = await functionsProject(t);
  await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'first', earlier: [] });
  const sources = three('two');
  sources[1] = source('beta', '', {
    files: [{ path: 'supabase/functions/beta/index.ts', content: Buffer.from('throw new Error("boot");\n') }],
  });
  const outcome = await deployFunctions(open(), { sources, planOnly: false, name: 'second', earlier: [] });
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['failed', 'function_boot_error']);
  assert.match(outcome.message, /All functions are as they were before/);
  for (const slug of ['alpha', 'beta', 'gamma']) assert.equal(await answer(slug), `200 ${slug}-one`);
  assert.ok(facts.some((fact) => fact.startsWith('outcome:restored')));
  assert.equal(sandbox.supabase.functions().find(({ slug }) => slug === 'gamma')?.version, 1, 'never touched');
});

test('an unchanged checkout deploys nothing; without digests everything is deployed', async (t) => {
  const { open, sandbox } = await functionsProject(t);
  await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'first', earlier: [] });
  const again = await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'second', earlier: [] });
  assert.equal(again.decision, 'nothing-to-deploy');
  sandbox.supabase.hideDigest();
  const blind = await deployFunctions(open(), { sources: three('one'), planOnly: false, name: 'third', earlier: [] });
  assert.deepEqual([blind.decision, blind.deployed.length], ['deployed', 3]);
});

test('the plan publishes and stores nothing and says that functions have no staging', async (t) => {
  const { open, sandbox, stored } = await functionsProject(t);
  const outcome = await deployFunctions(open(), { sources: three('one'), planOnly: true, name: 'plan', earlier: [] });
  assert.equal(outcome.decision, 'planned');
  assert.match(outcome.message, /creates alpha, beta, gamma\. Functions have no staging: from here the old app runs/);
  assert.deepEqual([sandbox.supabase.functions().length, stored.size], [0, 0]);
});

test('a throttled function and an unhealthy check are no success', async (t) => {
  const { open, sandbox } = await functionsProject(t);
  const throttling = open();
  const deploy = throttling.functions.deploy;
  throttling.functions.deploy = async (given) => {
    const done = await deploy(given);
    sandbox.supabase.setStatus(given.slug, 'THROTTLED');
    return done;
  };
  const sources = [source('alpha', 'alpha-one')];
  const throttled = await deployFunctions(throttling, { sources, planOnly: false, name: 'a', earlier: [] });
  assert.deepEqual([throttled.decision, throttled.reasonCode], ['failed', 'function_throttled']);
  assert.deepEqual(sandbox.supabase.functions(), [], 'the new function is removed again');
  const checking = open();
  checking.check = async () => ({ reasonCode: 'function_silent', message: 'health is unhealthy' });
  const unhealthy = await deployFunctions(checking, { sources, planOnly: false, name: 'b', earlier: [] });
  assert.equal(unhealthy.decision, 'failed');
});

test('what is live already is published again only where that is asked for, and the record names every version', async (t) => {
  const { open, facts } = await functionsProject(t);
  const request = { sources: three('one'), planOnly: false, name: 'first', earlier: [] };
  await deployFunctions(open(), request);
  facts.length = 0;
  const same = await deployFunctions(open(), { ...request, name: 'second' });
  assert.equal(same.decision, 'nothing-to-deploy');
  assert.deepEqual(facts, ['outcome:deployed alpha@1 beta@1 gamma@1']);
  facts.length = 0;
  const sources = request.sources.slice(0, 2);
  const again = await deployFunctions(open(), { ...request, sources, name: 'third', again: true });
  assert.deepEqual(
    again.deployed.map(({ slug, version }) => `${slug} ${version}`),
    ['alpha 2', 'beta 2'],
  );
  assert.deepEqual(facts.slice(1), ['outcome:deployed alpha@2 beta@2']);
});
