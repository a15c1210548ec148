import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { appsFixture } from './apps-fixture.ts';
import { startCounts } from './counts.ts';
import { sickInPublic, soonSick } from './release-fixture.ts';

describe('two Vercel projects of one environment', { concurrency: 2 }, () => {
  test('are promoted together, and a bad release of one takes both back, each to its own deployment', async () => {
    await using apps = await appsFixture();
    const good = await apps.release({ version: 'v1.0.0' });
    assert.equal(good.decision, 'released', good.lastLine);
    const first = apps.deployed('v1.0.0');
    assert.deepEqual(apps.served(), first);
    assert.deepEqual(apps.accepted('promote'), { web: 1, admin: 1 });
    const [entry] = await apps.fixture.entries();
    assert.deepEqual(entry?.rollbackTarget, {
      deploymentId: apps.before.web,
      adopted: true,
      url: entry?.rollbackTarget?.url,
      apps: { admin: apps.before.admin },
      version: undefined,
      commit: undefined,
    });

    const bad = await apps.release({
      version: 'v1.1.0',
      ops: { health: soonSick },
      files: { 'admin/api/health.js': sickInPublic },
    });
    assert.equal(bad.decision, 'rolled-back', bad.lastLine);
    assert.equal(bad.reasonCode, 'health_failed');
    assert.deepEqual(apps.served(), first);
    assert.deepEqual(apps.accepted('promote'), { web: 2, admin: 2 });
    assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 1 });
    assert.match(bad.lastLine, new RegExp(`${first.web}`));
    const [lock] = await apps.fixture.locks();
    assert.deepEqual(lock?.target?.apps, { admin: first.admin });
    assert.match((await apps.fixture.issues()).map(({ body }) => body).join('\n'), new RegExp(`admin.*${first.admin}`));
    assert.match((await apps.fixture.slack()).join('\n'), new RegExp(`admin to ${first.admin}`));
    assert.equal(apps.admin.autoAssignCustomDomains, false, 'off while locked');
    await apps.fixture.command('unlock', '--environment', 'production', '--reason', 'mended');
    assert.equal(apps.fixture.autoAssign() && apps.admin.autoAssignCustomDomains, true, 'I5');
  });

  for (const [name, status] of [
    ['refused by its plan (402)', 402],
    ['refused as it is (422)', 422],
  ] as const) {
    test(`a second promotion that is ${name} takes the first back, and both are told`, async () => {
      await using apps = await appsFixture({
        watch: { source: 'probe', window: '500ms', interval: '500ms', mode: 'notify' },
      });
      const live = await apps.release({ version: 'v1.0.0' });
      assert.equal(live.decision, 'released', live.lastLine);
      const first = apps.deployed('v1.0.0');
      apps.fixture.sandbox.faults.order({
        service: 'vercel',
        method: 'POST',
        route: `/v10/projects/${apps.admin.id}/promote/`,
        times: 3,
        fault: { status, body: { error: { code: 'refused', message: 'not now' } } },
      });
      const ended = await apps.release({ version: 'v1.1.0' });
      assert.equal(ended.decision, 'rolled-back', ended.lastLine);
      assert.equal(ended.reasonCode, 'promotion_failed');
      assert.deepEqual(apps.served(), first);
      assert.deepEqual(apps.accepted('promote'), { web: 2, admin: 1 });
      assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 0 }, 'who did not move is sent nothing');
      assert.match(ended.errors.join('\n'), /notes-app: moved to dpl_\w+; admin: NOT on dpl_/);
    });
  }

  test('a second promotion without an answer is looked at before anything is sent again', async () => {
    await using apps = await appsFixture();
    apps.fixture.sandbox.faults.order({
      service: 'vercel',
      method: 'POST',
      route: `/v10/projects/${apps.admin.id}/promote/`,
      fault: { blackHole: true, afterEffect: true },
    });
    const ended = await apps.release({ version: 'v1.0.0' });
    assert.equal(ended.decision, 'released', ended.lastLine);
    assert.deepEqual(apps.served(), apps.deployed('v1.0.0'));
  });

  test('an app that cannot be built stops the release before any domain moves', async () => {
    await using apps = await appsFixture();
    const { vercel } = apps.fixture.sandbox;
    vercel.behaviour.readyDelayMs = 50;
    const ended = await apps.release({
      version: 'v1.0.0',
      files: { 'admin/api/health.js': null, 'admin/index.html': null },
    });
    assert.equal(ended.decision, 'failed', ended.lastLine);
    assert.deepEqual(apps.served(), apps.before);
    assert.deepEqual(apps.accepted('promote'), { web: 0, admin: 0 });
  });

  test('a dry run lists what stands against each project and changes nothing', async () => {
    await using apps = await appsFixture();
    apps.admin.autoAssignCustomDomains = false;
    apps.admin.ssoProtection = { deploymentType: 'all' };
    const ended = await apps.release({ version: 'v1.0.0', inputs: { 'dry-run': 'true' } });
    assert.match(ended.errors.join('\n'), /apps\.admin: deployments of admin are behind Vercel Authentication/);
    assert.match(ended.errors.join('\n'), /auto-assignment of production domains is on in notes-app and off in admin/);
    assert.deepEqual(
      apps.fixture.writes('vercel'),
      apps.fixture.writes('vercel').slice(0, 2),
      'only the two first deployments',
    );
    const refused = await apps.release({ version: 'v1.0.0' });
    assert.equal(refused.decision, 'refused', refused.lastLine);
    assert.deepEqual(apps.served(), apps.before);
  });

  test('go back together by hand and from a laptop; a dispatch names the deployment of each', async () => {
    await using apps = await appsFixture();
    await apps.release({ version: 'v1.0.0' });
    const second = await apps.release({ version: 'v1.1.0' });
    assert.equal(second.decision, 'released', second.lastLine);
    assert.deepEqual(apps.served(), apps.deployed('v1.1.0'));
    const first = apps.deployed('v1.0.0');
    const back = await apps.fixture.rollback({ version: 'v1.1.0', inputs: { confirm: 'production' } });
    assert.equal(back.decision, 'rolled-back', back.lastLine);
    assert.deepEqual(apps.served(), first);
    await apps.fixture.command('unlock', '--environment', 'production', '--reason', 'mended');
    const told = await apps.fixture.command('rollback', '--environment', 'production', '--target', apps.before.web);
    assert.deepEqual(apps.served(), apps.before, told);
    assert.deepEqual(apps.accepted('rollback'), { web: 2, admin: 2 });
  });

  test('a watch that is handed off takes both back in a later run', async () => {
    await using counts = await startCounts();
    await using apps = await appsFixture();
    const live = await apps.release({ version: 'v1.0.0' });
    assert.equal(live.decision, 'released', live.lastLine);
    const watch = {
      source: 'http-json',
      'http-json': { url: counts.url, requests: '$.requests', errors: '$.errors' },
      window: '10m',
      'hand-off': '2s',
      'after-rollback': '2s',
      interval: '1s',
      // Low, because on a slow machine many good intervals lie before the bad ones.
      rules: ['error-rate above 1% within 10m'],
    };
    const released = await apps.release({ version: 'v1.1.0', ops: { watch } });
    assert.equal(released.decision, 'watch-continues', released.lastLine);
    counts.sickFrom = Date.now() / 1000;
    counts.isSick = () => apps.served().web === released.deploymentId;
    await delay(5_000);
    const later = await apps.fixture.watch({ version: 'v1.1.0' });
    assert.equal(later.decision, 'rolled-back', later.lastLine);
    assert.deepEqual(apps.served(), apps.deployed('v1.0.0'));
    assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 1 });
  });

  test('a way back that one project refused is red and names it; the same run again brings that one back, and no other', async () => {
    await using apps = await appsFixture();
    const live = await apps.release({ version: 'v1.0.0' });
    assert.equal(live.decision, 'released', live.lastLine);
    const first = apps.deployed('v1.0.0');
    const order = { service: 'vercel', method: 'POST', route: `/v1/projects/${apps.admin.id}/rollback/` } as const;
    const fault = { status: 422, body: { error: { code: 'invalid', message: 'not now' } } };
    apps.fixture.sandbox.faults.order({ ...order, times: 9, fault });
    const files = { 'admin/api/health.js': sickInPublic };
    const ended = await apps.release({ version: 'v1.1.0', ops: { health: soonSick }, files, runId: 5_000 });
    assert.equal(ended.decision, 'rollback-failed', ended.lastLine);
    assert.match(ended.lastLine, new RegExp(`admin: NOT on ${first.admin}.*vercel rollback ${first.admin}`));
    assert.deepEqual(apps.served(), { web: first.web, admin: apps.deployed('v1.1.0').admin });
    apps.fixture.sandbox.faults.clear();
    const again = await apps.release({ version: 'v1.1.0', runId: 5_000, runAttempt: 2 });
    assert.equal(again.decision, 'rolled-back', again.lastLine);
    assert.deepEqual(apps.served(), first);
    assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 1 });
  });

  test('a watch of its own takes both back, too', async () => {
    await using counts = await startCounts();
    await using apps = await appsFixture();
    await apps.release({ version: 'v1.0.0' });
    const first = apps.deployed('v1.0.0');
    const live = await apps.release({ version: 'v1.1.0' });
    assert.equal(live.decision, 'released', live.lastLine);
    counts.sickFrom = Date.now() / 1000 - 60;
    counts.isSick = () => apps.served().web === live.deploymentId;
    const { vercel, github } = apps.fixture.sandbox.description;
    const ending = await runBundle({
      action: 'auto-rollback-on-error-rate',
      inputs: {
        environment: 'production',
        'base-url': apps.fixture.address,
        'app-urls': `admin=http://${apps.admin.domains[0]?.name}`,
        source: 'http-json',
        'source-url': counts.url,
        window: '20s',
        interval: '1s',
        threshold: '5%',
        'rollback-target': first.web ?? '',
        'vercel-api-url': vercel.apiUrl,
        'vercel-token': vercel.token,
        'vercel-project': vercel.projectId,
        'vercel-team': vercel.teamId,
        'github-token': github.token,
      },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(apps.fixture.sandbox.repositoryId),
        GITHUB_SHA: (await apps.fixture.entries()).at(-1)?.commit ?? '',
      },
      files: { '.github/ops.yml': apps.opsFile() },
    });
    assert.equal(ending.outputs.decision, 'rolled-back', ending.log);
    assert.deepEqual(apps.served(), first);
    assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 1 });
    await removeWorkspaces();
  });

  test('behind Vercel Authentication one bypass secret that both projects know lets the checks through', async () => {
    await using apps = await appsFixture();
    const { vercel } = apps.fixture.sandbox;
    const secret = vercel.protect(vercel.project, 'all', true) ?? '';
    vercel.protect(apps.admin, 'all');
    const known = vercel.project.protectionBypass[secret];
    assert.ok(known);
    apps.admin.protectionBypass[secret] = known;
    const inputs = { 'protection-bypass-secret': secret };
    const ended = await apps.release({ version: 'v1.0.0', inputs });
    assert.equal(ended.decision, 'released', `${ended.lastLine} ${ended.errors.join()} ${ended.warnings.join()}`);
    assert.deepEqual(apps.served(), apps.deployed('v1.0.0'));
  });

  test('an address of ops.yml that Vercel does not know gets no bypass secret, on the way back neither (S11, S20)', async () => {
    const asked: (string | undefined)[] = [];
    const stranger = createServer(({ headers }, response) => {
      asked.push(headers['x-vercel-protection-bypass']?.toString());
      response.end('well');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    try {
      await using apps = await appsFixture();
      const { vercel } = apps.fixture.sandbox;
      const secret = vercel.protect(vercel.project, 'all', true) ?? '';
      const known = vercel.project.protectionBypass[secret];
      assert.ok(known);
      apps.admin.protectionBypass[secret] = known;
      const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
      const inputs = { 'protection-bypass-secret': secret };
      const ended = await apps.release({
        version: 'v1.0.0',
        inputs,
        ops: { environments: { production: { url } }, smoke: { checks: ['/'] } },
      });
      assert.deepEqual(apps.accepted('rollback'), { web: 1, admin: 1 }, [ended.lastLine, ...ended.errors].join());
      assert.ok(asked.length > 0, 'it was asked');
      assert.deepEqual(new Set(asked), new Set([undefined]));
    } finally {
      stranger.closeAllConnections();
      stranger.close();
    }
  });
});
