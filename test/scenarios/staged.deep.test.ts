import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import {
  fastOps,
  opsFile,
  type ReleaseFixture,
  releaseFixture,
  shortWatch,
  sickInPublic,
  soonSick,
} from './release-fixture.ts';

describe('what is staged', { concurrency: 2 }, () => {
  test('waits for approval without touching production, and its resumed job promotes the same deployment', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const early = await fixture.release({ version: 'v1.1.0', runId: 2000, inputs: { resume: 'true' } });
    expectEnd(fixture, early, {
      decision: 'refused',
      reason: 'nothing_to_resume',
      conclusion: 'failure',
      says: /no earlier job of this run staged a release.*stop-after: staged/,
      serves: live,
    });
    const staged = await fixture.release({ version: 'v1.1.0', runId: 2001, inputs: { 'stop-after': 'staged' } });
    expectEnd(fixture, staged, {
      decision: 'staged',
      reason: 'staged',
      conclusion: 'success',
      says: /staged and tested, not promoted/,
      serves: live,
      next: /approve, then run the job with resume: true/,
    });
    assert.equal(fixture.accepted('promote'), 0);
    const resumed = await fixture.release({ version: 'v1.1.0', runId: 2001, inputs: { resume: 'true' } });
    expectEnd(fixture, resumed, {
      decision: 'released',
      reason: 'passed',
      conclusion: 'success',
      says: /our own checks passed/,
      serves: staged.deploymentId,
      next: null,
    });
    assert.equal(fixture.sandbox.vercel.deployments().length, 2, 'nothing was built twice');
    assert.equal((await fixture.entries()).length, 2);
    const heads = (await fixture.slack()).filter((text) => /^\S+ v1\.1\.0/.test(text));
    const words = heads.map((text) => /refused|released|staged/.exec(text)?.[0]);
    assert.deepEqual(words, ['refused', 'released'], 'one message per release, brought up to date');
    await expectSettled(fixture, true);
  });

  test('behind an alias is released and taken back without one promote or rollback request', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const { vercel } = fixture.sandbox;
    const { name: host } = await vercel.addDomain(vercel.project, { gitBranch: 'staging' });
    const production = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const staging = { url: `http://${host}`, vercel: { as: 'alias', alias: host } };
    const ops = { '.github/ops.yml': opsFile({ watch: shortWatch, health: soonSick, environments: { staging } }) };
    const inputs = { environment: 'staging' };
    const first = await fixture.release({ version: 'v1.1.0', files: ops, inputs });
    expectEnd(fixture, first, {
      decision: 'released',
      reason: 'passed',
      conclusion: 'success',
      says: /our own checks passed/,
      serves: first.deploymentId,
      at: host,
      next: null,
    });
    const sick = await fixture.release({ version: 'v1.2.0', files: { ...ops, 'api/health.js': sickInPublic }, inputs });
    expectEnd(fixture, sick, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: /the health gate failed after the promotion/,
      serves: first.deploymentId,
      at: host,
      next: /ops-actions unlock --environment staging/,
    });
    assert.deepEqual(
      fixture.writes('vercel').filter((line) => /\/(promote|rollback)\//.test(line)),
      [],
    );
    assert.equal(fixture.served(), production);
    assert.equal(fixture.autoAssign(), true);
  });

  test('whose smoke tests fail is taken back and no production starts; its address is in the record on GitHub', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const { vercel } = fixture.sandbox;
    const { name: host } = await vercel.addDomain(vercel.project, { gitBranch: 'staging' });
    const production = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const ops = opsFile({
      watch: shortWatch,
      health: { ...fastOps.health, checks: [{ path: '/' }] },
      smoke: { checks: [{ path: '/api/health' }] },
      environments: { staging: { url: `http://${host}`, vercel: { as: 'alias', alias: host } } },
    });
    const files = { '.github/ops.yml': ops };
    const inputs = { environment: 'staging' };
    const first = await fixture.release({ version: 'v1.1.0', files, inputs });
    const [record] = (await recordsOf(fixture, 'staging')).filter(({ state }) => state === 'success');
    assert.equal(record?.environment_url, `http://${host}`);
    assert.equal(fixture.served(new URL(record.environment_url).host), first.deploymentId);
    assert.equal((await fetch(first.report.outputs['deployment-url'] ?? '')).status, 200);
    assert.match((await fixture.slack()).join('\n'), new RegExp(host.replaceAll('.', '\\.')));
    const sick = await fixture.release({
      version: 'v1.2.0',
      files: { ...files, 'api/health.js': sickInPublic },
      inputs,
    });
    expectEnd(fixture, sick, {
      decision: 'rolled-back',
      reason: 'smoke_failed',
      conclusion: 'failure',
      says: /the smoke tests failed after the promotion/,
      serves: first.deploymentId,
      at: host,
      next: /ops-actions unlock --environment staging/,
    });
    assert.equal(fixture.served(), production);
    assert.equal((await fixture.entries('production')).length, 1, 'no production run exists');
  });

  test('with the address of production as its alias is refused', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const { host } = new URL(fixture.address);
    const staging = { url: fixture.address, vercel: { ...fastOps.vercel, as: 'alias', alias: host } };
    const files = { '.github/ops.yml': opsFile({ watch: shortWatch, environments: { staging } }) };
    const ended = await fixture.release({ version: 'v1.1.0', files, inputs: { environment: 'staging' } });
    expectEnd(fixture, ended, {
      decision: 'refused',
      reason: 'production_domain',
      conclusion: 'failure',
      says: new RegExp(`${host}, the address of staging, is a production domain of notes-app`),
      serves: live,
    });
  });
});

/** Every status of an environment's Deployments, as GitHub tells it. */
async function recordsOf(
  { sandbox }: ReleaseFixture,
  environment: string,
): Promise<{ state: string; environment_url: string }[]> {
  const { apiUrl, token, repository } = sandbox.description.github;
  const read = async (path: string) => {
    const answer = await fetch(`${apiUrl}/repos/${repository}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await answer.json()) as never[];
  };
  const deployments: { id: number }[] = await read(`/deployments?environment=${environment}`);
  return (await Promise.all(deployments.map(({ id }) => read(`/deployments/${id}/statuses`)))).flat();
}
