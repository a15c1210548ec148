import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { fastOps, type ReleaseFixture, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

const code = (answer: string) => `Deno.serve(() => Response.json({ version: '${answer}' }));\n`;
const functionsOf = (answer: string) => ({
  'supabase/config.toml': '[functions.health]\nverify_jwt = false\n[functions.notes]\nverify_jwt = false\n',
  'supabase/functions/health/index.ts': code(answer),
  'supabase/functions/notes/index.ts': code(answer),
});

const ops = (when: 'before' | 'after' = 'before') => ({
  ...fastOps,
  functions: { when },
  watch: shortWatch,
  health: soonSick,
});

/** Each run as GitHub gives it: a runtime token of its own, for artifacts. */
function functionsInputs(fixture: ReleaseFixture) {
  const { apiUrl, token, project } = fixture.sandbox.description.supabase;
  return { 'supabase-access-token': token, 'supabase-project': project, 'supabase-api-url': apiUrl };
}
let runs = 5000;
function runOf(fixture: ReleaseFixture) {
  runs += 1;
  return {
    runId: runs,
    environment: {
      ACTIONS_RESULTS_URL: fixture.sandbox.artifacts.resultsUrl,
      ACTIONS_RUNTIME_TOKEN: fixture.sandbox.runtimeToken(String(runs)),
    },
  };
}
async function live(fixture: ReleaseFixture): Promise<string[]> {
  const { apiUrl } = fixture.sandbox.description.supabase;
  const ask = async (slug: string) => {
    const answer = await fetch(`${apiUrl}/functions/v1/${slug}`);
    return ((await answer.json()) as { version?: string }).version ?? String(answer.status);
  };
  return await Promise.all(['health', 'notes'].map(ask));
}

describe('edge functions in a release', { concurrency: 2 }, () => {
  test('go live before the promotion, and back with the app: by a failed release and, on a fresh runner, by hand', async () => {
    await using fixture = await releaseFixture({ ops: ops() });
    const inputs = functionsInputs(fixture);
    const first = await fixture.release({ version: 'v1.0.0', files: functionsOf('one'), inputs, ...runOf(fixture) });
    assert.equal(first.decision, 'released', first.lastLine);
    assert.deepEqual(await live(fixture), ['one', 'one']);

    const bad = { ...functionsOf('bad'), 'api/health.js': sickInPublic };
    const second = await fixture.release({ version: 'v1.1.0', files: bad, inputs, ...runOf(fixture) });
    expectEnd(fixture, second, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: /Functions: edge functions are as they were: 2 put back/,
      serves: first.deploymentId,
    });
    assert.deepEqual(await live(fixture), ['one', 'one']);
    await fixture.command('unlock', '--environment', 'production', '--reason', 'mended');

    const third = await fixture.release({ version: 'v1.2.0', files: functionsOf('three'), inputs, ...runOf(fixture) });
    assert.equal(third.decision, 'released', third.lastLine);
    assert.deepEqual(await live(fixture), ['three', 'three']);
    const back = await fixture.rollback({ version: 'v1.2.0', inputs, ...runOf(fixture) });
    assert.equal(back.decision, 'rolled-back', back.lastLine);
    assert.deepEqual([fixture.served(), ...(await live(fixture))], [first.deploymentId, 'one', 'one']);
  });

  test('are put back when a later step fails before the promotion', async () => {
    await using fixture = await releaseFixture({ ops: ops() });
    const inputs = functionsInputs(fixture);
    await fixture.release({ version: 'v1.0.0', files: functionsOf('one'), inputs, ...runOf(fixture) });
    const sick = "export function GET() {\n  return Response.json({ status: 'sick' }, { status: 503 });\n}\n";
    const files = { ...functionsOf('two'), 'api/health.js': sick };
    const ended = await fixture.release({ version: 'v1.1.0', files, inputs, ...runOf(fixture) });
    assert.deepEqual([ended.decision, ended.reasonCode], ['failed', 'staged_health_failed'], ended.lastLine);
    assert.deepEqual(await live(fixture), ['one', 'one']);
  });

  test('API down on the way back: the domains move, the functions are named as mixed', async () => {
    await using fixture = await releaseFixture({ ops: ops() });
    const inputs = functionsInputs(fixture);
    const first = await fixture.release({ version: 'v1.0.0', files: functionsOf('one'), inputs, ...runOf(fixture) });
    await fixture.release({ version: 'v1.1.0', files: functionsOf('two'), inputs, ...runOf(fixture) });
    fixture.sandbox.faults.order({ service: 'supabase', route: '/v1/', times: 1000, fault: { status: 500 } });
    const back = await fixture.rollback({ version: 'v1.1.0', inputs, ...runOf(fixture) });
    assert.equal(fixture.served(), first.deploymentId, back.lastLine);
    assert.equal(back.report.conclusion, 'failure');
    assert.match(back.report.outputs.summary ?? '', /MIXED edge functions, not put back: health .* notes/);
    fixture.sandbox.faults.clear();
    assert.deepEqual(await live(fixture), ['two', 'two']);
    const parts = { ...inputs, parts: 'functions', target: first.deploymentId ?? '' };
    const again = await fixture.rollback({ version: 'v1.1.0', inputs: parts, ...runOf(fixture) });
    assert.equal(again.decision, 'functions-restored', again.lastLine);
    assert.deepEqual(await live(fixture), ['one', 'one']);
  });

  test('go live after the promotion where the file says so; one that does not start takes the app back', async () => {
    await using fixture = await releaseFixture({ ops: ops('after') });
    const inputs = functionsInputs(fixture);
    const first = await fixture.release({ version: 'v1.0.0', files: functionsOf('one'), inputs, ...runOf(fixture) });
    assert.equal(first.decision, 'released', first.lastLine);
    const files = { ...functionsOf('two'), 'supabase/functions/notes/index.ts': "throw new Error('boot');\n" };
    const ended = await fixture.release({ version: 'v1.1.0', files, inputs, ...runOf(fixture) });
    assert.deepEqual([ended.decision, ended.reasonCode], ['rolled-back', 'functions_failed'], ended.lastLine);
    assert.deepEqual([fixture.served(), ...(await live(fixture))], [first.deploymentId, 'one', 'one']);
  });

  test('a dry run says that they have no staging; without the token the release is refused', async () => {
    await using fixture = await releaseFixture({ ops: ops() });
    const inputs = functionsInputs(fixture);
    const files = functionsOf('one');
    let log = '';
    const onRawLine = (line: string) => {
      log += `${line}\n`;
    };
    const given = { ...inputs, 'dry-run': 'true' };
    const plan = await fixture.release({ version: 'v1.0.0', files, inputs: given, onRawLine });
    assert.equal(plan.decision, 'planned', plan.lastLine);
    assert.match(log, /functions have no staging: from here the old app runs against the new ones/);
    const refused = await fixture.release({ version: 'v1.0.0' });
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'supabase_token_missing'], refused.lastLine);
    assert.deepEqual(fixture.sandbox.supabase.functions(), []);
  });
});
