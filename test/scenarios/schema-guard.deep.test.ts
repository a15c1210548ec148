import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { expectEnd } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

const installed = (await listPostgres()).some((found) => found.server);
const folder = 'supabase/migrations';
const add = { [`${folder}/20260106090000_add_mood.sql`]: 'ALTER TABLE notes ADD COLUMN mood text;\n' };
const drop = '20260107090000_drop_mood.sql';
const accepted = '-- ops:accept drop-column nobody reads it, we think\nALTER TABLE notes DROP COLUMN mood;\n';

describe('the guard of a rollback', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('stops a release and a person before old code meets a database that it cannot bear (DRB-08)', async () => {
    await using fixture = await releaseFixture({ database: true });
    const ops = opsFile({ watch: shortWatch, health: soonSick, database: { backup: { policy: 'skip' } } });
    const inputs = { 'throw-away': 'true' };
    const files = { '.github/ops.yml': ops, ...add };
    const first = await fixture.release({ version: 'v1.0.0', files, inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));

    const removing = { ...files, [`${folder}/${drop}`]: accepted, 'api/health.js': sickInPublic };
    const bad = await fixture.release({ version: 'v1.1.0', files: removing, inputs });
    expectEnd(fixture, bad, {
      decision: 'rollback-failed',
      reason: 'crosses_contract',
      conclusion: 'failure',
      says: new RegExp(`crosses a contract migration .*${drop} \\(accepted\\)`),
      serves: bad.deploymentId,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    const { vercel } = fixture.sandbox;
    assert.equal(vercel.deployments().find(({ id }) => id === bad.deploymentId)?.meta.opsContracts, '20260107090000');

    const refused = await fixture.rollback({ version: 'v1.1.0', inputs: { ...inputs, target: 'v1.0.0' } });
    assert.deepEqual([refused.decision, refused.reasonCode], ['refused', 'crosses_contract'], refused.lastLine);
    assert.match(refused.lastLine, new RegExp(`${drop}.*mode: rollback.*allow-unsafe`));
    const listed = await fixture.command('releases', '--environment', 'production', '--throw-away');
    assert.match(listed, /v1\.0\.0 .* no: crosses a contract migration/);

    const reason = { target: 'v1.0.0', 'allow-unsafe': 'v1.0.0 never reads mood' };
    const taken = await fixture.rollback({ version: 'v1.1.0', inputs: { ...inputs, ...reason } });
    assert.equal(taken.decision, 'rolled-back', taken.lastLine);
    assert.match(taken.warnings.join('\n'), /Schema unsafe: .*taken all the same: v1\.0\.0 never reads mood/);
    assert.equal(fixture.served(), first.deploymentId);
  });
});
