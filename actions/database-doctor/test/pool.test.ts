import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { InputError } from '#action-kit/inputs';
import { createRunner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { beginRaise } from '#release/pool-record';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { findForgottenPool } from '../src/forgotten-pool.ts';
import { main } from '../src/main.ts';
import type { Given } from '../src/plan-request.ts';

const hour = 3_600_000;
let sandbox: Sandbox;
let folder: string;
let environment: string;
let runs = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pool-'));
  sandbox = await startSandbox({ postgres: false });
  sandbox.supabase.database.pooler = { host: 'pooler.example.com', port: 6543 };
});
after(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});
// An environment of its own: each test has its ledger.
beforeEach(async () => {
  environment = `production-${++runs}`;
  size(15);
  await mkdir(join(folder, '.github'), { recursive: true });
  await writeFile(join(folder, '.github/ops.yml'), `environments: { ${environment}: {} }\n`);
});

/** What the platform has; `whenSet` happens as soon as it has taken another one. */
function size(value: number | null, whenSet = () => {}): void {
  let held = value;
  Object.defineProperty(sandbox.supabase.database, 'poolSize', {
    configurable: true,
    get: () => held,
    set(given: number) {
      held = given;
      whenSet();
    },
  });
}
const held = () => sandbox.supabase.database.poolSize;

function runnerOf(inputs: Record<string, string>, laterMs = 0, signal?: AbortSignal) {
  const { github, supabase } = sandbox.description;
  const lines: string[] = [];
  const given: Record<string, string> = {
    ...{ environment, 'github-token': github.token, 'supabase-access-token': supabase.token },
    ...{ 'supabase-project': supabase.project, ...inputs },
  };
  const runner = createRunner({
    environment: {
      ...{ GITHUB_REPOSITORY: github.repository, GITHUB_API_URL: github.apiUrl, GITHUB_WORKSPACE: folder },
      ...{ GITHUB_SHA: '0'.repeat(40), GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1', GITHUB_ACTOR: 'ada' },
      OPS_ACTIONS_SUPABASE_API_URL: supabase.apiUrl,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
    ...(signal === undefined ? {} : { signal }),
    clock: {
      now: () => Date.now() + laterMs,
      async sleep(_ms, aborted) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        aborted?.throwIfAborted();
      },
    },
    write: (line) => lines.push(line),
  });
  return { runner, lines };
}

async function run(inputs: Record<string, string>, laterMs = 0, signal?: AbortSignal) {
  const { runner, lines } = runnerOf(inputs, laterMs, signal);
  const { reasonCode, decision, summary, failed } = await main(runner);
  return { reasonCode, decision, summary, failed, log: lines.join('\n') };
}

const raise = (more: Record<string, string> = {}) => ({
  ...{ mitigate: 'raise-pool', 'pool-size': '30', expires: '2h', confirm: environment },
  ...more,
});
const back = { mitigate: 'pool-back' };

/** What the ledger says of every raise, newest first. */
async function ledger() {
  const github = createGitHub(sandbox.description.github);
  const all = await github.listDeployments({ environment, task: 'ops-actions:pool-size' });
  return await Promise.all(
    all.map(async ({ id }) => (await github.listStatuses(id)).map(({ description }) => description)),
  );
}

/** How often the platform was told a size. */
const changes = () =>
  sandbox.requests().filter(({ method, path }) => method === 'PATCH' && path.includes('/config/database/pooler'))
    .length;

test('the pool is raised from 15 to 30 without a connection, and is 15 again after its time, once; both are in log and ledger', async () => {
  const planned = await run(raise({ 'dry-run': 'true', confirm: '' }));
  assert.deepEqual([planned.decision, held()], ['planned', 15]);
  const raised = await run(raise());
  assert.deepEqual([raised.reasonCode, raised.failed, held()], ['pool_raised', false, 30], raised.summary);
  assert.match(
    raised.log,
    /audit: .* ada in run 77: pool size of [a-z]{20} raised from 15 to 30, until .*, then 15 again/,
  );
  const early = await run(back, hour);
  assert.deepEqual([early.decision, early.reasonCode, held()], ['healthy', 'pool_raised', 30]);
  const put = await run(back, 2 * hour + 60_000);
  assert.deepEqual([put.decision, put.reasonCode, held()], ['mitigated', 'pool_put_back', 15], put.summary);
  assert.match(put.log, /audit: .* put back from 30 to 15/);
  assert.deepEqual(await ledger(), [['raised to 30 by ada in run 77', 'put back to 15 by ada in run 77']]);
  const before = changes();
  size(30);
  assert.equal((await run(back, 3 * hour)).reasonCode, 'pool_not_raised');
  assert.deepEqual([held(), changes()], [30, before]);
});

test('a run that is killed after the platform has taken the new size, and one that has put it back, are brought to their end', async () => {
  const raising = new AbortController();
  size(15, () => raising.abort(new Error('cancelled')));
  await assert.rejects(run(raise(), 0, raising.signal), /cancelled/);
  assert.deepEqual([held(), await ledger()], [30, [[]]]);
  const putting = new AbortController();
  size(30, () => putting.abort(new Error('cancelled')));
  await assert.rejects(run(back, 3 * hour, putting.signal), /cancelled/);
  assert.equal(held(), 15);
  const before = changes();
  assert.equal((await run(back, 3 * hour)).reasonCode, 'pool_is_back');
  assert.deepEqual([changes(), await ledger()], [before, [['is 15 already']]]);
});

test('a raise for good that is killed before it could say so stays for good', async () => {
  const raising = new AbortController();
  size(15, () => raising.abort(new Error('cancelled')));
  await assert.rejects(run(raise({ keep: 'true' }), 0, raising.signal), /cancelled/);
  const later = await run(back, 1000 * hour);
  assert.deepEqual([later.decision, later.reasonCode, held()], ['healthy', 'pool_raised', 30]);
  assert.match(later.summary, /raised from 15 to 30 for good/);
});

test('a run that is killed before it asks the platform leaves nothing to put back', async () => {
  const { github, supabase } = sandbox.description;
  const record = {
    schemaVersion: 1 as const,
    project: supabase.project,
    former: 15,
    raised: 30,
    forMs: hour,
    by: 'ada',
  };
  const place = { environment, production: true, ref: '0'.repeat(40) };
  await beginRaise(createGitHub(github), record, place);
  const before = changes();
  assert.equal((await run(back, 2 * hour)).reasonCode, 'pool_is_back');
  assert.deepEqual([held(), changes()], [15, before]);
});

test('a size that was taken before its repetition was refused stays in the ledger; a refusal alone leaves nothing', async () => {
  const patch = { service: 'supabase' as const, method: 'PATCH', route: '/v1/projects/:ref/config/database/pooler' };
  const refusal = { status: 403, body: { message: 'Forbidden resource' } };
  sandbox.faults.order({ ...patch, fault: { afterEffect: true } });
  sandbox.faults.order({ ...patch, fault: refusal });
  assert.equal((await run(raise())).reasonCode, 'supabase_forbidden');
  assert.deepEqual([held(), await ledger()], [30, [[]]]);
  const put = await run(back, 3 * hour);
  assert.deepEqual([put.reasonCode, held()], ['pool_put_back', 15]);
  sandbox.faults.order({ ...patch, fault: refusal });
  await run(raise());
  assert.deepEqual([held(), (await ledger())[0]], [15, ['refused: supabase_forbidden']]);
});

test('a record that would put back no connections at all is none', async () => {
  const { github, supabase } = sandbox.description;
  const record = { schemaVersion: 1 as const, project: supabase.project, former: 0, raised: 15, forMs: 0, by: 'eve' };
  await beginRaise(createGitHub(github), record, { environment, production: true, ref: '0'.repeat(40) });
  assert.deepEqual([(await run(back, hour)).reasonCode, held()], ['pool_not_raised', 15]);
});

test('what somebody else has set meanwhile stays, and is told', async () => {
  await run(raise());
  size(40);
  const before = changes();
  const left = await run(back, 3 * hour);
  assert.deepEqual(
    [left.decision, left.reasonCode, held(), changes()],
    ['findings', 'pool_changed_elsewhere', 40, before],
  );
  assert.deepEqual((await ledger())[0]?.at(-1), 'left at 40: changed by somebody else');
});

test('raised twice it goes back to what was there first; a person with the word need not wait', async () => {
  await run(raise());
  assert.equal((await run(raise({ 'pool-size': '45' }))).reasonCode, 'pool_raised');
  const put = await run({ ...back, confirm: environment });
  assert.deepEqual([put.reasonCode, held()], ['pool_put_back', 15]);
  assert.match(put.summary, /from 45 to 15, before its time/);
  assert.equal((await run(raise({ keep: 'true' }))).reasonCode, 'pool_raised');
  assert.deepEqual([(await run(back, 1000 * hour)).reasonCode, held()], ['pool_not_raised', 30]);
});

test('a look tells of a raise that nothing has put back, and not of one whose time is not over', async () => {
  await run(raise());
  const { github, supabase } = sandbox.description;
  const look = (laterMs: number, token = github.token) =>
    findForgottenPool(runnerOf({}, laterMs).runner, { environment, githubToken: token } as Given, supabase.project);
  assert.deepEqual(await look(hour), []);
  const [found] = await look(3 * hour);
  assert.deepEqual([found?.severity, found?.code], ['warning', 'pool_size_overdue']);
  assert.match(found?.message ?? '', /raised from 15 to 30 until .*, and nothing has put it back/);
  assert.deepEqual(await look(3 * hour, 'ghs_wrong'), []);
});

test('nothing is raised without a former value, downwards, against a refusal, or without the word; all mistakes at once', async () => {
  size(null);
  assert.deepEqual((await run(raise())).reasonCode, 'pool_size_not_set');
  size(30);
  assert.deepEqual((await run(raise({ 'pool-size': '20' }))).reasonCode, 'pool_not_raised');
  assert.deepEqual(await ledger(), []);
  assert.equal((await run(raise({ 'supabase-access-token': 'sbp_wrong' }))).reasonCode, 'supabase_token_rejected');
  const wrong = { ...raise({ confirm: 'yes', user: 'web' }), 'pool-size': '', 'supabase-access-token': '' };
  await assert.rejects(run(wrong), (error) => {
    assert.ok(error instanceof InputError);
    for (const name of ['confirm', 'user', 'pool-size', 'supabase-access-token'])
      assert.match(error.message, new RegExp(name));
    return true;
  });
});
