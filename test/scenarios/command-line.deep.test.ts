import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

test('a laptop plans, releases and takes back a release by the same composite, with an exit code that says how it ended', async () => {
  await using fixture = await releaseFixture({ ops: { watch: shortWatch, health: soonSick } });
  const production = ['--environment', 'production', '--json'];
  await fixture.commit('v1.0.0');
  const plan = JSON.parse(await fixture.command('plan', ...production)) as Record<string, unknown>;
  assert.equal(plan.decision, 'planned');
  assert.equal(fixture.served(), undefined);
  assert.deepEqual(fixture.writes('github'), []);

  const told = await fixture.command('deploy', ...production, '--version', 'v1.0.0');
  const released = JSON.parse(told) as Record<string, unknown>;
  assert.deepEqual([released.conclusion, released.decision], ['success', 'released'], told);
  assert.equal(fixture.served(), released.deploymentId);
  assert.deepEqual(
    (await fixture.entries()).map(({ version, decision }) => [version, decision]),
    [['v1.0.0', 'released']],
  );

  await fixture.commit('v1.1.0', { 'api/health.js': sickInPublic });
  await assert.rejects(fixture.command('deploy', ...production, '--version', 'v1.1.0'), /deploy ended with 1/);
  assert.equal(fixture.served(), released.deploymentId);
  assert.match(await fixture.command('unlock', '--environment', 'production'), /is unlocked/);
});
