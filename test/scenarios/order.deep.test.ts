import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { expectEnd, expectSettled } from './expect-end.ts';
import { fastOps, releaseFixture, shortWatch } from './release-fixture.ts';

describe('the order of releases', { concurrency: 2 }, () => {
  test('a re-run of an old run, and a run that waited too long, are superseded; a reason in the workflow lets them pass', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await fixture.release({ version: 'v1.0.0', runId: 501 });
    await fixture.commit('v1.1.0');
    const live = (await fixture.release({ version: 'v1.2.0', runId: 503 })).deploymentId;
    const promotions = fixture.accepted('promote');
    for (const [version, runId, runAttempt] of [
      ['v1.0.0', 501, 2],
      ['v1.1.0', 502, 1],
    ] as const) {
      const ended = await fixture.release({ version, runId, runAttempt });
      expectEnd(fixture, ended, {
        decision: 'superseded',
        reason: 'newer_release',
        conclusion: 'failure',
        says: /a newer release \(v1\.2\.0, run 503\).*is older than what production serves \(v1\.2\.0\).*allow-older/,
        serves: live,
        next: /Next: nothing; the newer state stays/,
      });
    }
    assert.equal(fixture.accepted('promote'), promotions);
    await expectSettled(fixture, true);
    const inputs = { 'allow-older': 'v1.2.0 loses orders' };
    const { directory: cwd } = fixture.repository;
    const refs = async () => await runTool({ command: 'git', args: ['for-each-ref'], cwd, deadlineMs: 20_000 });
    const before = await refs();
    const older = await fixture.release({ version: 'v1.1.0', runId: 502, runAttempt: 2, inputs });
    assert.equal(older.decision, 'released', older.lastLine);
    assert.equal(fixture.served(), older.deploymentId);
    assert.match(older.warnings.join('\n'), /because the workflow says: v1\.2\.0 loses orders/);
    assert.deepEqual([before.exitCode, (await refs()).stdout], [0, before.stdout], 'no branch moved (FRB-08)');
  });

  test('a release that is overtaken while it builds is not promoted over the newer one', async () => {
    const vercel = { ...fastOps.vercel, deadline: '10m' };
    await using fixture = await releaseFixture({ ops: { watch: shortWatch, vercel } });
    await fixture.release({ version: 'v1.0.0', runId: 501 });
    await fixture.commit('v1.1.0');
    const { faults } = fixture.sandbox;
    let newer: ReturnType<typeof fixture.release> | undefined;
    const ended = await fixture.release({
      version: 'v1.1.0',
      runId: 502,
      onEvent(event) {
        const [, id] = (event.kind === 'line' && /Vercel created (dpl_\w+)/.exec(event.text)) || [];
        if (id === undefined || newer !== undefined) return;
        // Nobody can tell whether this build has ended until the newer release is out.
        const route = `/v13/deployments/${id}`;
        faults.order({ service: 'vercel', method: 'GET', route, times: 100_000, fault: { status: 503 } });
        newer = fixture.release({ version: 'v1.2.0', runId: 503 }).finally(() => faults.clear());
      },
    });
    const other = await newer;
    assert.equal(other?.decision, 'released', other?.lastLine);
    expectEnd(fixture, ended, {
      decision: 'superseded',
      reason: 'newer_release',
      conclusion: 'failure',
      says: /a newer release \(v1\.2\.0, run 503\).*Nothing was promoted/,
      serves: other?.deploymentId,
    });
    assert.equal(fixture.accepted('promote'), 1);
    await expectSettled(fixture, true);
  });
});
