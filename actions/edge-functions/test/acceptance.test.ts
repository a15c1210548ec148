import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ postgres: false });
});
beforeEach(() => sandbox.supabase.reset());
after(async () => {
  await sandbox.close();
  await removeWorkspaces();
});

const functionFile = (answer: string, note: string) =>
  `// ${note}\nimport { json } from '../_shared/json.ts';\nDeno.serve(() => json({ status: '${answer}' }));\n`;

/** A repository as `supabase functions new` leaves it, with a shared module and a config. */
function checkout(answer: string, note = 'first'): Record<string, string> {
  return {
    'supabase/config.toml': 'project_id = "notes"\n[functions.health]\nverify_jwt = false\n',
    'supabase/functions/_shared/json.ts':
      "export const json = (body: object) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });\n",
    'supabase/functions/health/index.ts': functionFile(answer, note),
    'supabase/functions/notes/index.ts': functionFile(answer, note),
  };
}

let run = 100;
function act(inputs: Record<string, string>, files: Record<string, string>, environment: Record<string, string> = {}) {
  const { supabase, github, artifacts } = sandbox.description;
  run += 1;
  return runBundle({
    action: 'edge-functions',
    inputs: {
      environment: 'production',
      'github-token': github.token,
      'supabase-access-token': supabase.token,
      'supabase-project': supabase.project,
      'supabase-api-url': supabase.apiUrl,
      ...inputs,
    },
    environment: {
      GITHUB_API_URL: github.apiUrl,
      GITHUB_REPOSITORY: github.repository,
      GITHUB_RUN_ID: String(run),
      ACTIONS_RESULTS_URL: artifacts.resultsUrl,
      ACTIONS_RUNTIME_TOKEN: sandbox.runtimeToken(String(run)),
      ...environment,
    },
    files,
  });
}

async function health(): Promise<string> {
  const answer = await fetch(`${sandbox.description.supabase.apiUrl}/functions/v1/health`);
  return ((await answer.json()) as { status: string }).status;
}

test('It deploys every function, and a fresh runner of another run puts back exactly what was live', async () => {
  const first = await act({}, checkout('one'));
  assert.deepEqual([first.code, first.outputs.decision], [0, 'deployed'], first.log);
  const former = sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundle.toString('base64')]);
  const second = await act({}, checkout('two'));
  assert.deepEqual([second.code, second.outputs.decision], [0, 'deployed'], second.log);
  assert.equal(await health(), 'two');
  assert.match(second.outputs.snapshot ?? '', /^artifact:\d+\/\d+#[\w-]{43}$/);
  const back = await act({ mode: 'restore', snapshot: second.outputs.snapshot ?? '' }, {});
  assert.deepEqual([back.code, back.outputs.decision], [0, 'restored'], back.log);
  assert.equal(await health(), 'one');
  assert.deepEqual(
    sandbox.supabase.functions().map(({ slug, bundle }) => [slug, bundle.toString('base64')]),
    former,
  );
  const health2 = sandbox.supabase.functions().find(({ slug }) => slug === 'health');
  assert.deepEqual([health2?.verifyJwt, health2?.version], [false, 3]);
  const again = await act({ mode: 'restore', snapshot: second.outputs.snapshot ?? '' }, {});
  assert.match(again.outputs.summary ?? '', /0 put back, 2 were there already/);
});

test('One named function is deployed alone; an unknown name fails before any request', async () => {
  const one = await act({ names: 'notes' }, checkout('one'));
  assert.equal(one.outputs.decision, 'deployed', one.log);
  assert.deepEqual(
    sandbox.supabase.functions().map(({ slug }) => slug),
    ['notes'],
  );
  const before = sandbox.requests().length;
  const unknown = await act({ names: 'nots' }, checkout('one'));
  assert.deepEqual([unknown.code, unknown.outputs['reason-code']], [1, 'unknown_function'], unknown.log);
  assert.match(unknown.outputs.summary ?? '', /There are: health, notes/);
  assert.equal(sandbox.requests().length, before);
});

test('A configured health check is asked after the deploy; unhealthy, 503 and 546 put the former functions back', async () => {
  const config = (status: string, note: string) => ({
    '.github/ops.yml': [
      'version: 1',
      'functions:',
      '  checks: [{ path: /functions/v1/health, method: POST, json: { $.status: healthy } }]',
      '',
    ].join('\n'),
    ...checkout(status, note),
  });
  const healthy = await act({}, config('healthy', 'first'));
  assert.deepEqual([healthy.code, healthy.outputs.decision], [0, 'deployed'], healthy.log);
  for (const fault of [undefined, { status: 503 }, { status: 546 }]) {
    if (fault !== undefined) {
      sandbox.faults.order({ service: 'supabase', method: 'POST', route: '/functions/v1/health', fault });
    }
    const ended = await act({}, config(fault === undefined ? 'unhealthy' : 'healthy', 'next'));
    assert.deepEqual([ended.code, ended.outputs.decision], [1, 'failed'], ended.log);
    assert.equal(ended.outputs['reason-code'], 'function_unhealthy');
    assert.equal(await health(), 'healthy');
  }
  sandbox.faults.clear();
});

test('The plan publishes nothing; a missing import is refused before anything is published', async () => {
  const plan = await act({ mode: 'plan' }, checkout('one'));
  assert.deepEqual([plan.code, plan.outputs.decision], [0, 'planned'], plan.log);
  assert.match(
    plan.outputs.summary ?? '',
    /Functions have no staging: from here the old app runs against the new ones/,
  );
  const { 'supabase/functions/_shared/json.ts': _gone, ...rest } = checkout('one');
  const broken = await act({}, rest);
  assert.deepEqual([broken.code, broken.outputs['reason-code']], [1, 'functions_do_not_bundle'], broken.log);
  assert.deepEqual(sandbox.supabase.functions(), []);
});

test('The state of all functions is listed; a throttled one is shown as such', async () => {
  await act({}, checkout('one'));
  sandbox.supabase.setStatus('notes', 'THROTTLED');
  const plan = await act({ mode: 'plan' }, checkout('one'));
  assert.deepEqual(
    (plan.result.functions as { slug: string; version: number; status: string }[]).map(
      ({ slug, version, status }) => `${slug} v${version} ${status}`,
    ),
    ['health v1 ACTIVE', 'notes v1 THROTTLED'],
  );
  assert.match(plan.summary, /notes \| 1 \| THROTTLED/);
});

test('A wrong token, another project and another token for the stored functions are told apart', async () => {
  const wrong = await act({ 'supabase-access-token': 'sbp_wrongwrongwrong' }, checkout('one'));
  assert.deepEqual([wrong.code, wrong.outputs['reason-code']], [1, 'supabase_token_rejected'], wrong.log);
  assert.ok(!wrong.log.replaceAll('::add-mask::sbp_wrongwrongwrong', '').includes('sbp_wrongwrongwrong'));
  const other = await act({ 'supabase-project': 'a'.repeat(20) }, checkout('one'));
  assert.equal(other.outputs['reason-code'], 'supabase_not_found', other.log);
  const deployed = await act({}, checkout('one'));
  const stored = deployed.outputs.snapshot ?? '';
  const back = await act({ mode: 'restore', snapshot: stored, 'supabase-access-token': 'sbp_replacedsince' }, {});
  assert.equal(back.outputs['reason-code'], 'saved_functions_unreadable', back.log);
  assert.match(back.outputs.summary ?? '', /token is another one.*Give the earlier token/);
  const forged = await act({ mode: 'restore', snapshot: `${stored.slice(0, -3)}aaa` }, {});
  assert.match(forged.outputs.summary ?? '', /not the bytes that the ledger names/, forged.log);
});

test('Functions that read a rotated secret are deployed again, the others are not, and one by its name; an unused secret is refused', async () => {
  const files = checkout('one');
  const reads = "export const key = Deno.env.get('MAIL_KEY');\n";
  for (const slug of ['health', 'notes', 'idle']) {
    files[`supabase/functions/${slug}/index.ts`] =
      `${slug === 'idle' ? '' : reads}Deno.serve(() => new Response('ok'));\n`;
  }
  await act({}, files);
  const ended = await act({ secrets: 'MAIL_KEY' }, files);
  assert.deepEqual([ended.code, ended.outputs.decision], [0, 'deployed'], ended.log);
  assert.deepEqual(
    sandbox.supabase.functions().map(({ slug, version }) => `${slug} ${version}`),
    ['health 2', 'idle 1', 'notes 2'],
  );
  // No file of it has changed, but somebody suspects what is live.
  const again = await act({ again: 'true', names: 'idle' }, files);
  assert.deepEqual([again.code, again.outputs.decision], [0, 'deployed'], again.log);
  assert.equal(sandbox.supabase.functions().find(({ slug }) => slug === 'idle')?.version, 2);
  const unused = await act({ secrets: 'MAIL_KEYS' }, files);
  assert.deepEqual([unused.code, unused.outputs['reason-code']], [1, 'secret_not_used'], unused.log);
});

test('Of functions that failed the last lines are shown without secrets, in a public repository none; mode logs shows a time span', async (t) => {
  const check = 'functions: { checks: [{ path: /functions/v1/health, json: { $.status: healthy } }] }\n';
  await act({}, checkout('healthy'));
  const { supabase } = sandbox.description;
  const message = `Error: no session for ada@example.com with ${supabase.token}`;
  sandbox.supabase.logs.push({ slug: 'health', level: 'error', message, at: Date.now() });
  sandbox.supabase.logs.push({ slug: 'health', level: 'log', message: 'old', at: Date.now() - 40 * 60_000 });
  const files = { ...checkout('sick', 'second'), '.github/ops.yml': check };
  const failed = await act({}, files);
  assert.deepEqual([failed.code, failed.outputs.decision], [1, 'failed'], failed.log);
  assert.match(failed.outputs.logs ?? '', /^[\d:]{8} health error: Error: no session for \*\*\*@\*\*\* with \*\*\*$/);
  assert.match(failed.summary, /What the functions wrote/);
  const folder = await mkdtemp(join(tmpdir(), 'public-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'event.json'), '{"repository":{"private":false}}');
  const everybody = { GITHUB_EVENT_PATH: join(folder, 'event.json') };
  const shown = await act({}, files, everybody);
  assert.equal(shown.outputs.decision, 'failed', shown.log);
  assert.ok(!shown.log.includes('no session') && !shown.summary.includes('no session'), shown.log);
  assert.equal((await act({ mode: 'logs' }, {}, everybody)).outputs['reason-code'], 'public_repository');
  const read = await act({ mode: 'logs', names: 'health', since: '1h' }, {});
  assert.deepEqual([read.code, read.outputs.decision], [0, 'logs-read'], read.log);
  assert.deepEqual(
    (read.outputs.logs ?? '').split('\n').map((line) => line.slice(9, 20)),
    ['health log:', 'health erro'],
  );
  const unknown = await act({ mode: 'logs', names: 'nothing' }, {});
  assert.equal(unknown.outputs['reason-code'], 'unknown_function', unknown.log);
});
