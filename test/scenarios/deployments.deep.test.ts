import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BuildOrder } from '#sandbox/vercel/vercel-records';
import { expectEnd, expectSettled } from './expect-end.ts';
import { fastOps, releaseFixture, soonSick } from './release-fixture.ts';

/** How a deployment ends, and what the last line has to say. */
const endings: { what: string; order: BuildOrder; reason: string; says: RegExp }[] = [
  {
    what: 'fails to build',
    order: { end: 'ERROR', errorMessage: 'Command "npm run build" exited with 1' },
    reason: 'build_failed',
    says: /BUILD_FAILED.*exited with 1/,
  },
  {
    what: 'is cancelled in Vercel',
    order: { end: 'CANCELED' },
    reason: 'deployment_cancelled',
    says: /was cancelled in Vercel\. Nothing was promoted/,
  },
  {
    what: 'is blocked by Vercel',
    order: { end: 'BLOCKED' },
    reason: 'commit_author_blocked',
    says: /commit author Notes team may not deploy.*Add the author to the Vercel team/,
  },
  {
    what: 'never becomes ready',
    order: { end: 'never' },
    reason: 'deployment_timed_out',
    says: /still BUILDING after 8 s\. It was cancelled/,
  },
];
const sick = "export function GET() { return Response.json({ status: 'sick' }, { status: 503 }); }\n";

describe('a deployment that', { concurrency: 2 }, () => {
  test('fails, is cancelled, blocked or never ready, or not healthy, is never promoted; the release after it goes through', async (t) => {
    await using fixture = await releaseFixture({
      ops: { vercel: { ...fastOps.vercel, deadline: '8s' }, health: soonSick },
    });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    for (const [index, { what, order, reason, says }] of endings.entries()) {
      await t.test(what, async () => {
        fixture.sandbox.vercel.orderBuild(order);
        const ended = await fixture.release({ version: `v1.1.${index}` });
        expectEnd(fixture, ended, { decision: 'failed', reason, conclusion: 'failure', says, serves: live });
        await expectSettled(fixture, true);
        const told = (await fixture.slack()).join('\n');
        assert.match(told, new RegExp(`v1\\.1\\.${index} failed during its release to production`));
      });
    }
    await t.test('is not healthy', async () => {
      const ended = await fixture.release({ version: 'v1.2.0', files: { 'api/health.js': sick } });
      const reason = 'staged_health_failed';
      expectEnd(fixture, ended, { decision: 'failed', reason, conclusion: 'failure', says: /503/, serves: live });
      await expectSettled(fixture, true);
    });
    assert.equal(fixture.accepted('promote'), 0);
    assert.deepEqual(await fixture.issues(), [], 'production is proven: nobody is called');
    const next = await fixture.release({ version: 'v1.3.0' });
    assert.equal(next.decision, 'released');
    assert.equal(fixture.served(), next.deploymentId);
    assert.equal(next.report.outputs['rollback-target'], live);
  });

  test('fails where nothing is served yet says so', async () => {
    await using fixture = await releaseFixture();
    fixture.sandbox.vercel.orderBuild({ end: 'ERROR' });
    const ended = await fixture.release({ version: 'v1.0.0' });
    const reason = 'build_failed';
    expectEnd(fixture, ended, { decision: 'failed', reason, conclusion: 'failure', says: /BUILD/, serves: undefined });
  });
});
