import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { EnvironmentSettings } from '#config/settings';
import { createHttpClient } from '#http/client';
import { type Scene, setScene } from '../test/scene.ts';
import { formatAsked, openQuestion } from './asked.ts';
import { closeLedger } from './finish-release.ts';
import { openLedger, readReleases } from './ledger.ts';
import { takeLock } from './lock.ts';
import { nameVersion, openRelease } from './open-release.ts';
import { preflight } from './preflight.ts';
import type { PreflightReport, PreflightRequest } from './preflight-types.ts';
import { releaseKey } from './release-handle.ts';
import { unlock } from './unlock.ts';

let scene: Scene;
let environment = '';
let number = 0;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());
beforeEach(async () => {
  number += 1;
  environment = `production-${number}`;
  const { project } = await scene.connect();
  await project.setAutoAssign(true);
});

function keyOf(runId: number): string {
  return releaseKey({ repositoryId: scene.sandbox.repositoryId, environment, runId });
}

async function look(
  runId: number,
  more: Partial<PreflightRequest> & { settings?: EnvironmentSettings } = {},
): Promise<PreflightReport> {
  const { github, project } = await scene.connect();
  return await preflight(
    { github, openProject: async () => project },
    {
      settings: scene.settings({ environment }),
      key: keyOf(runId),
      runId,
      commit: scene.commits.at(-1) ?? '',
      version: 'v1.0.0',
      workspace: scene.workspace,
      vercelApiUrl: scene.sandbox.description.vercel.apiUrl,
      dryRun: false,
      resume: false,
      bypassSecretGiven: false,
      recipients: [],
      throwAway: false,
      findings: [],
      ...more,
    },
  );
}

async function open(
  report: PreflightReport,
  runId: number,
  more: { commit?: string; treeSha?: string; version?: string; rehearsal?: boolean } = {},
) {
  const { github } = await scene.connect();
  const context = {
    repository: scene.sandbox.description.github.repository,
    repositoryId: String(scene.sandbox.repositoryId),
    runId,
    runAttempt: 1,
    runUrl: '',
    actor: '',
  };
  return await openRelease(github, report, {
    settings: scene.settings({ environment }),
    context,
    version: 'v1.0.0',
    commit: scene.commits.at(-1) ?? '',
    ...more,
  });
}

/** A release that went through, as its ledger and Vercel show it. */
async function released(
  runId: number,
  given: { commit: string; version: string; treeSha?: string; rehearsal?: boolean },
  end: { decision: 'released' | 'held'; reasonCode: string } = { decision: 'released', reasonCode: 'passed' },
): Promise<string> {
  const { github } = await scene.connect();
  const { rehearsal: _, ...seen } = given;
  const handle = await open(await look(runId, seen), runId, given);
  const deploymentId = await scene.goLive({ opsRelease: handle.key, gitCommitSha: given.commit });
  const ledger = openLedger(github, handle);
  await ledger.record('promote', 'intent', deploymentId);
  await ledger.record('promote', 'outcome', 'promoted', deploymentId);
  await closeLedger(github, handle, end);
  return deploymentId;
}

test('The first run on a live project goes back to what Vercel served before, marked adopted', async () => {
  const live = await scene.goLive();
  const report = await look(10);
  assert.equal(report.decision, 'ready', report.summary);
  assert.deepEqual([report.target.target?.deploymentId, report.target.target?.adopted], [live, true]);
  assert.equal(report.autoAssign, true);
  assert.equal(report.url, scene.sandbox.description.vercel.domains[0]);
  assert.equal(report.database.database, 'not-configured');
});

test('A re-run adopts the entry of its first attempt; nothing is opened twice', async () => {
  await scene.goLive();
  const first = await open(await look(20), 20);
  const second = await open(await look(20), 20);
  assert.equal(second.ledgerId, first.ledgerId);
  const { github } = await scene.connect();
  let entries = 0;
  for await (const record of readReleases(github, { environment })) entries += record.key === keyOf(20) ? 1 : 0;
  assert.equal(entries, 1);
});

test('A re-run asks anew: what its first attempt asked, and nobody answered, is no open question any more', async () => {
  await scene.goLive();
  const { github } = await scene.connect();
  const asked = { until: 0, fallback: 'auto', before: { approved: 0, rejected: 0 } } as const;
  const first = await open(await look(25), 25);
  await openLedger(github, first).record('approval', 'intent', 'asked', formatAsked(asked));
  const questions = async () => {
    const found: unknown[] = [];
    for await (const { facts } of readReleases(github, { environment })) found.push(openQuestion(facts));
    return found;
  };
  assert.deepEqual(await questions(), [asked]);
  assert.equal((await open(await look(25), 25)).ledgerId, first.ledgerId);
  assert.deepEqual(await questions(), [undefined]);
});

test('A re-run of v1.0.0 after v1.1.0, and two queued runs that start in reverse order: the older one is superseded', async () => {
  const [, , third = '', fourth = ''] = scene.commits;
  await released(30, { commit: third, version: 'v1.0.0' });
  await released(31, { commit: fourth, version: 'v1.1.0' });
  const rerun = await look(30, { commit: third });
  assert.deepEqual([rerun.decision, rerun.reasonCode], ['superseded', 'newer_release']);
  // Run 33 started first and went through; 32 had waited in the queue.
  await released(33, { commit: scene.commits.at(-1) ?? '', version: 'v1.3.0' });
  const late = await look(32, { commit: fourth });
  assert.equal(late.decision, 'superseded');
  assert.match(late.summary, /v1\.3\.0/);
  const meant = await look(32, { commit: fourth, allowOlder: 'v1.3.0 loses carts' });
  assert.equal(meant.decision, 'ready', meant.summary);
  assert.ok(meant.findings.some((finding) => finding.message.includes('v1.3.0 loses carts')));
});

test('A tag that arrives after its branch finds the commit live and names its version', async () => {
  const commit = scene.commits[1] ?? '';
  const live = await released(40, { commit, version: commit.slice(0, 7) });
  const report = await look(41, { commit, version: 'v1.2.0' });
  assert.deepEqual([report.decision, report.current?.deploymentId], ['already-current', live]);
  const { github } = await scene.connect();
  await nameVersion(github, report, 'v1.2.0');
  for await (const record of readReleases(github, { environment })) {
    assert.deepEqual([record.version, record.decision], ['v1.2.0', 'released']);
    break;
  }
});

test('A commit that is live without a verdict is released again, not called done', async () => {
  const commit = scene.commits[1] ?? '';
  const { github } = await scene.connect();
  const handle = await open(await look(50, { commit }), 50, { commit });
  const deploymentId = await scene.goLive({ opsRelease: handle.key, gitCommitSha: commit });
  await openLedger(github, handle).record('promote', 'outcome', 'promoted', deploymentId);
  const next = await look(51, { commit });
  assert.equal(next.decision, 'ready', next.summary);
  assert.notEqual(next.target.target?.deploymentId, deploymentId, 'it is no way back');
});

test('Production needs the same files to have passed on staging; the tree counts, not the commit', async () => {
  await scene.goLive();
  const settings = scene.settings({ environment, release: { requiresPassed: `staging-${number}` } });
  const refused = await look(60, { settings, treeSha: 'a'.repeat(40) });
  assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'not_passed']);
  const production = environment;
  environment = `staging-${number}`;
  await released(61, { commit: scene.commits[3] ?? '', version: 'v2', treeSha: 'a'.repeat(40) });
  environment = production;
  assert.equal(
    (await look(62, { settings, treeSha: 'a'.repeat(40), allowOlder: 'staging is another project' })).decision,
    'ready',
  );
  assert.equal((await look(63, { settings, treeSha: 'b'.repeat(40) })).reasonCode, 'not_passed');
  assert.equal((await look(64, { settings })).reasonCode, 'not_passed', 'an unknown tree proves nothing');
});

test('A staging that nobody visits has passed when its checks have; one whose watch was blind or overtaken has not', async () => {
  await scene.goLive();
  const staging = `staging-${number}`;
  const settings = scene.settings({ environment, release: { requiresPassed: staging } });
  const production = environment;
  environment = staging;
  const commit = scene.commits[3] ?? '';
  const held = (reasonCode: string) => ({ decision: 'held', reasonCode }) as const;
  await released(65, { commit, version: 'v2', treeSha: 'c'.repeat(40) }, held('too_little_traffic'));
  await released(66, { commit, version: 'v3', treeSha: 'd'.repeat(40) }, held('source_blind'));
  await released(69, { commit, version: 'v4', treeSha: 'e'.repeat(40) }, held('overtaken by v5'));
  environment = production;
  const allowOlder = 'staging is another project';
  assert.equal((await look(67, { settings, treeSha: 'c'.repeat(40), allowOlder })).decision, 'ready');
  assert.equal((await look(68, { settings, treeSha: 'd'.repeat(40), allowOlder })).reasonCode, 'not_passed');
  assert.equal((await look(71, { settings, treeSha: 'e'.repeat(40), allowOlder })).reasonCode, 'not_passed');
});

test('A rehearsal that nobody took back is no proof for production, and its commit is released in earnest', async () => {
  await scene.goLive();
  const staging = `staging-${number}`;
  const settings = scene.settings({ environment, release: { requiresPassed: staging } });
  const production = environment;
  environment = staging;
  const own = { commit: scene.commits[3] ?? '', version: 'rehearsal-1', treeSha: 'f'.repeat(40) };
  await released(72, { ...own, rehearsal: true });
  assert.equal((await look(73, { ...own, version: 'v5' })).decision, 'ready', 'not already there');
  environment = production;
  const proof = { settings, treeSha: own.treeSha, allowOlder: 'staging is another project' };
  assert.equal((await look(74, proof)).reasonCode, 'not_passed');
});

test('A lock refuses with who, why and how to lift it; lifted, the release goes on', async () => {
  const live = await scene.goLive();
  const services = await scene.connect();
  await takeLock(services.github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: scene.commits.at(-1) ?? '',
    key: 'hand',
    reason: 'payments are down',
    target: { deploymentId: live },
    autoAssign: true,
    expiresAfterMs: 3_600_000,
  });
  const report = await look(70);
  assert.deepEqual([report.decision, report.reasonCode], ['refused', 'locked']);
  assert.match(report.summary, /payments are down.*ops-actions unlock --environment/);
  await unlock(services, { environment, production: true, reason: 'mended', key: 'me', autoAssignDefault: true });
  assert.equal((await look(70)).decision, 'ready');
});

test('A rollback from the dashboard pins production until a person acknowledges it', async () => {
  const good = await scene.goLive();
  await scene.goLive();
  const services = await scene.connect();
  await services.project.rollBack(good, {});
  const pinned = await look(80);
  assert.deepEqual([pinned.decision, pinned.reasonCode], ['refused', 'pinned_rollback']);
  const lifted = await unlock(services, {
    environment,
    production: true,
    reason: 'seen',
    key: 'me',
    autoAssignDefault: true,
  });
  assert.equal(lifted.acknowledged, good);
  assert.equal((await look(80)).decision, 'ready');
});

test('Where auto-assign was off before, a lifted lock takes the pin off although it stays off', async () => {
  const good = await scene.goLive();
  await scene.goLive();
  const services = await scene.connect();
  await takeLock(services.github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: scene.commits.at(-1) ?? '',
    key: 'hand',
    reason: 'broken',
    target: { deploymentId: good },
    autoAssign: false,
    expiresAfterMs: 3_600_000,
  });
  await services.project.rollBack(good, {});
  const lifted = await unlock(services, {
    environment,
    production: true,
    reason: 'mended',
    key: 'me',
    autoAssignDefault: true,
  });
  assert.equal(lifted.autoAssign, false);
  const report = await look(90);
  assert.equal(report.decision, 'ready', report.summary);
  assert.equal(report.autoAssign, false);
});

test('Resume without a staged release is refused; with one it goes on', async () => {
  await scene.goLive();
  assert.equal((await look(100, { resume: true })).reasonCode, 'nothing_to_resume');
  await open(await look(100), 100);
  assert.equal((await look(100, { resume: true })).decision, 'ready');
});

test('A dry run plans; migrations without a connection are refused; both change nothing', async () => {
  await scene.goLive();
  const before = scene.sandbox.requests().length;
  const plan = await look(110, { dryRun: true });
  assert.equal(plan.decision, 'planned', plan.summary);
  const folder = join(scene.workspace, 'supabase/migrations');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '1_a.sql'), 'SELECT 1;');
  try {
    assert.equal((await look(110)).reasonCode, 'database_url_missing');
    const settings = scene.settings({ environment, database: { migrations: 'db/nowhere' } });
    assert.equal((await look(110, { settings })).reasonCode, 'migrations_missing');
  } finally {
    rmSync(join(scene.workspace, 'supabase'), { recursive: true });
  }
  const changing = scene.sandbox
    .requests()
    .slice(before)
    .filter((one) => one.method !== 'GET');
  assert.deepEqual(
    changing.map(({ method, path }) => `${method} ${path}`),
    [],
  );
});

test('Failures of Vercel and GitHub are findings beside the others, all at once', async () => {
  scene.sandbox.faults.order({
    service: 'github',
    route: '/repos',
    times: 20,
    fault: { status: 401, body: { message: 'Bad credentials' } },
  });
  const { github } = await scene.connect();
  const failing = Object.assign(new Error('the Vercel token is not valid'), { reasonCode: 'vercel_token_rejected' });
  const report = await preflight(
    { github, openProject: () => Promise.reject(failing) },
    {
      settings: scene.settings({ environment }),
      key: keyOf(120),
      runId: 120,
      commit: scene.commits.at(-1) ?? '',
      version: 'v1',
      workspace: scene.workspace,
      vercelApiUrl: scene.sandbox.description.vercel.apiUrl,
      dryRun: false,
      resume: false,
      bypassSecretGiven: false,
      recipients: [],
      throwAway: false,
      findings: [{ code: 'one_more', severity: 'refuse', message: 'one more thing' }],
    },
  );
  scene.sandbox.faults.clear();
  assert.equal(report.decision, 'refused');
  assert.deepEqual(report.findings.map(({ code }) => code).toSorted(), [
    'github_unauthorized',
    'one_more',
    'vercel_token_rejected',
  ]);
});

test('Required variables are checked by name for the target of the environment: missing and empty ones all at once', async () => {
  const { vercel } = scene.sandbox.description;
  const client = createHttpClient({ baseUrl: vercel.apiUrl, headers: { authorization: `Bearer ${vercel.token}` } });
  const add = (key: string, value: string, target: string, type = 'plain') =>
    client.request({
      method: 'POST',
      path: `/v10/projects/${vercel.projectId}/env`,
      query: { teamId: vercel.teamId },
      json: { key, value, type, target: [target] },
    });
  await add('CHECKED_THERE', 'canary-of-a-value', 'production', 'encrypted');
  await add('CHECKED_EMPTY', '', 'production');
  await add('CHECKED_ELSEWHERE', 'x', 'preview');
  const requiredVariables = ['CHECKED_THERE', 'CHECKED_EMPTY', 'CHECKED_ELSEWHERE', 'CHECKED_MISSING'];
  const standard = scene.settings({ environment });
  const report = await look(900, { settings: { ...standard, vercel: { ...standard.vercel, requiredVariables } } });
  assert.deepEqual([report.decision, report.reasonCode], ['refused', 'variables_missing']);
  assert.match(report.summary, /has no value for CHECKED_EMPTY, CHECKED_ELSEWHERE, CHECKED_MISSING in production/);
  assert.doesNotMatch(JSON.stringify(report.findings), /canary-of-a-value/);
  const enough = { ...standard, vercel: { ...standard.vercel, requiredVariables: ['CHECKED_THERE'] } };
  assert.equal((await look(901, { settings: enough })).decision, 'ready');
});
