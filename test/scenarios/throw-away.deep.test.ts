import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

// An environment whose name says nothing: production unless the workflow file says throw-away (S11).
const weakened = (address: string) =>
  opsFile({
    health: soonSick,
    watch: { ...shortWatch, 'on-no-data': 'pass' },
    environments: { qa: { url: address, database: { backup: { verify: 'checksum' } } } },
  });

describe('an environment whose data may be lost', () => {
  test('is released whole, taken back and rolled back by hand with weakenings in ops.yml, and refused by name without the mark', async () => {
    await using fixture = await releaseFixture();
    const files = { '.github/ops.yml': weakened(fixture.address) };
    const qa = { environment: 'qa' };
    const lost = { ...qa, 'throw-away': 'true' };
    const first = await fixture.release({ version: 'v1.0.0', files, inputs: lost });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    assert.deepEqual(first.errors, []);
    const good = await fixture.release({ version: 'v1.1.0', files, inputs: lost });
    expectEnd(fixture, good, {
      decision: 'released',
      reason: 'passed',
      conclusion: 'success',
      says: /our own checks passed/,
      serves: good.deploymentId,
      next: null,
    });
    assert.match(good.warnings.join('\n'), /Weaker than standard: the data of qa may be lost/);

    const refused = await fixture.release({ version: 'v1.2.0', files, inputs: qa });
    assert.equal(refused.conclusion, 'failure');
    assert.equal(fixture.served(), good.deploymentId);
    const says = refused.errors.join('\n');
    assert.match(says, /watch\.on-no-data.*pass is refused.*qa counts as production.*throw-away: true/);
    assert.match(says, /database\.backup\.verify.*checksum is refused.*qa counts as production.*throw-away: true/);

    const sick = await fixture.release({
      version: 'v1.3.0',
      files: { ...files, 'api/health.js': sickInPublic },
      inputs: lost,
    });
    expectEnd(fixture, sick, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: /the health gate failed after the promotion/,
      serves: good.deploymentId,
      next: /ops-actions unlock --environment qa --throw-away$/,
    });
    const back = await fixture.rollback({ version: 'v1.1.0', inputs: { ...lost, target: first.deploymentId } });
    assert.deepEqual([back.decision, back.errors], ['rolled-back', []]);
    assert.equal(fixture.served(), first.deploymentId);
    // The checkout's ops.yml is weakened: the proposed command is judged as the release was.
    assert.match(await fixture.command('unlock', '--environment', 'qa', '--throw-away'), /qa is unlocked/);
    const open = (await fixture.entries('qa')).filter(({ decision }) => decision === undefined);
    assert.deepEqual(open, []);
  });
});
