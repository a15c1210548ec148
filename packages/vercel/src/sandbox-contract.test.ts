import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { createDeployment, type DeployOutcome, type DeployRequest } from './deploy.ts';
import { queryObservability } from './observability.ts';
import { openVercelProject, type VercelConnection, type VercelProject } from './project.ts';
import { groupLogRows, openRuntimeLogs, type RuntimeLogRow } from './runtime-logs.ts';

let sandbox: Sandbox;
let project: VercelProject;
let connection: VercelConnection;
let directory: string;
const hosts = (): string[] => sandbox.description.vercel.domains.map((domain) => new URL(domain).host);
const quick = { pollMs: 25, deadlineMs: 15_000 };

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-contract-'));
  await mkdir(join(directory, 'api'));
  await writeFile(join(directory, 'index.html'), '<h1>Notes</h1>');
  await writeFile(
    join(directory, 'api', 'notes.js'),
    "export default (request, response) => { response.statusCode = request.url.includes('bad') ? 500 : 200; response.end('{}'); };",
  );
  sandbox = await startSandbox({ postgres: false, vercel: { domains: 2, readyDelayMs: 60, observabilityPlus: true } });
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  connection = { apiUrl, token, team: teamId, project: projectId };
  project = await openVercelProject(connection);
});
after(async () => {
  await sandbox?.close();
  await rm(directory, { recursive: true, force: true });
});

function deploy(run: number, more: Partial<DeployRequest> = {}): Promise<DeployOutcome> {
  return createDeployment(project, {
    connection,
    directory,
    build: 'remote',
    as: 'production',
    staged: true,
    meta: { opsVersion: `v1.${run}.0` },
    git: { sha: String(run).repeat(40).slice(0, 40), ref: 'main', repository: 'acme/notes-app' },
    deadlineMs: 20_000,
    releaseKey: `1:production:${run}`,
    ...more,
  });
}
async function idOf(outcome: DeployOutcome): Promise<string> {
  assert.equal(outcome.outcome, 'ready', outcome.message);
  return outcome.deployment?.id ?? '';
}
async function served(): Promise<(string | undefined)[]> {
  return Promise.all(hosts().map((host) => project.servedBy(host)));
}
function moves(): number {
  return sandbox.requests().filter(({ method, path }) => method === 'POST' && /\/(promote|rollback)\//.test(path))
    .length;
}

test('deploy, promote, fall over a lost answer, roll back: one accepted request each and domains as proof', {
  timeout: 60_000,
}, async () => {
  const one = await deploy(1);
  const first = await idOf(one);
  assert.equal(one.live, true);
  const current = await project.promote(first, quick);
  assert.ok(['moved', 'already-current'].includes(current.outcome), current.message);
  assert.deepEqual(await served(), [first, first]);

  const second = await idOf(await deploy(2));
  assert.deepEqual(await served(), [first, first]);
  assert.equal((await project.deployment(second))?.meta.opsRelease, '1:production:2');
  sandbox.faults.order({ service: 'vercel', method: 'POST', route: '/v10/projects', fault: { afterEffect: true } });
  const before = moves();
  const promoted = await project.promote(second, quick);
  assert.deepEqual([promoted.outcome, promoted.requests, moves() - before], ['moved', 1, 1], promoted.message);
  assert.deepEqual(await served(), [second, second]);

  const back = await project.rollBack(first, { ...quick, description: 'errors rose' });
  assert.deepEqual([back.outcome, back.requests], ['moved', 1], back.message);
  const state = await project.readState();
  assert.equal(state.autoAssign, false);
  assert.equal(state.pinnedRollback?.deploymentId, first);
  await project.setAutoAssign(true);
  assert.equal((await project.readState()).autoAssign, true);
});

test('a move that fails at Vercel is a failure that names the domains', { timeout: 30_000 }, async () => {
  const next = await idOf(await deploy(3));
  sandbox.vercel.behaviour.failingMoves = 1;
  const failed = await project.promote(next, quick);
  assert.deepEqual([failed.outcome, failed.reasonCode], ['failed', 'move_failed'], failed.message);
  assert.match(failed.message, new RegExp(`${hosts()[0]} is served by dpl_`));
});

test('the same release is deployed once; a staging deployment takes the alias and sends no promotion', {
  timeout: 30_000,
}, async () => {
  const again = await deploy(3);
  assert.equal(again.adopted, true);
  const before = moves();
  const preview = await idOf(await deploy(4, { as: 'alias', releaseKey: '1:staging:4' }));
  const { name: host } = await sandbox.vercel.addDomain(sandbox.vercel.project, { gitBranch: 'staging' });
  await project.assignAlias(preview, host);
  assert.equal(await project.servedBy(host), preview);
  sandbox.faults.order({
    service: 'vercel',
    method: 'POST',
    route: '/v2/deployments',
    fault: { status: 403, body: '{}' },
  });
  await assert.rejects(project.assignAlias(preview, 'staging.example.com'), { reasonCode: 'alias_forbidden' });
  assert.deepEqual((await project.readState()).productionDomains, hosts());
  assert.equal(moves(), before);
});

test('runtime logs and the observability query count what the domains really served', { timeout: 30_000 }, async () => {
  const [serving = ''] = await served();
  const rows: RuntimeLogRow[] = [];
  const stop = new AbortController();
  const reader = openRuntimeLogs(connection, serving, {
    signal: stop.signal,
    onRow: (row) => void rows.push(row),
    onGap: () => {},
  });
  await reader.opened;
  const [domain] = sandbox.description.vercel.domains;
  for (let index = 0; index < 8; index += 1)
    await (await fetch(`${domain}/api/notes${index % 4 === 0 ? '?bad' : ''}`)).text();
  for (let tries = 0; groupLogRows(rows).filter(({ status }) => status).length < 8; tries += 1) {
    assert.ok(tries < 1_500, `${rows.length} rows`);
    await delay(20);
  }
  stop.abort();
  await reader.closed;
  const requests = groupLogRows(rows);
  assert.deepEqual([requests.length, requests.filter(({ status = 0 }) => status >= 500).length], [8, 2]);
  const until = Math.ceil(Date.now() / 60_000) * 60_000;
  const span = { from: until - 600_000, until, granularityMinutes: 1 };
  const buckets = await queryObservability(project, span);
  assert.deepEqual(await queryObservability(project, { ...span, endpoint: 'metrics' }), buckets);
  assert.ok(buckets.reduce((sum, bucket) => sum + bucket.requests, 0) >= 8);
  assert.equal(
    buckets.reduce((sum, bucket) => sum + bucket.errors, 0),
    2,
  );
});

test('a rolling release: start, approve stage by stage to the end; another one is aborted and its domains never moved', {
  timeout: 60_000,
}, async () => {
  sandbox.vercel.project.rollingReleaseConfig = { stages: [10, 50, 100] };
  const { rolling } = project;
  assert.deepEqual(
    (await rolling.stages())?.map(({ percentage, waitsForApproval }) => [percentage, waitsForApproval]),
    [
      [10, true],
      [50, true],
      [100, true],
    ],
  );
  const [before] = await served();
  const canary = await idOf(await deploy(11));
  const started = await project.promote(canary, quick);
  assert.deepEqual([started.outcome, started.reasonCode, started.requests], ['rolling', 'rolling_release_started', 1]);
  assert.deepEqual(await served(), [before, before]);
  for (const percentage of [50, 100]) {
    const next = (await rolling.read())?.nextStage;
    assert.equal(next?.percentage, percentage);
    assert.ok(next);
    if (percentage === 50)
      sandbox.faults.order({
        service: 'vercel',
        method: 'POST',
        route: '/v1/projects/:project/rolling-release/approve-stage',
        fault: { afterEffect: true },
      });
    await rolling.approve(canary, next);
  }
  const ended = async () => [await served(), (await rolling.read())?.state];
  const complete = [[canary, canary], 'COMPLETE'];
  for (let tries = 0; tries < 1_500 && !isDeepStrictEqual(await ended(), complete); tries += 1) await delay(20);
  assert.deepEqual(await ended(), complete);
  const bad = await idOf(await deploy(12));
  assert.equal((await project.promote(bad, quick)).outcome, 'rolling');
  const sent = moves();
  const aborted = await project.rollBack(canary, { ...quick, description: 'v1.12.0 fails' });
  assert.deepEqual([aborted.outcome, aborted.requests, moves() - sent], ['moved', 1, 1], aborted.message);
  assert.deepEqual([await served(), (await rolling.read())?.state], [[canary, canary], 'ABORTED']);
  const late = { index: 1, percentage: 50, isFinal: false };
  await assert.rejects(rolling.approve(bad, late), { reasonCode: 'stage_not_approved' });
  sandbox.vercel.project.rollingReleaseConfig = null;
});
