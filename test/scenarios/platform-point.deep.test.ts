import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { expectEnd } from './expect-end.ts';
import { releaseFixture, shortWatch } from './release-fixture.ts';

const installed = (await listPostgres()).some((found) => found.server);
const reason = '900 GB, a dump takes five hours';
const column = (name: string, version: string) => ({
  [`supabase/migrations/${version}_add_${name}.sql`]: `ALTER TABLE notes ADD COLUMN ${name} text;\n`,
});

describe('backup: platform in a release', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('is asked before anything starts, relied on where it is young, and shown everywhere with its reason', async () => {
    await using fixture = await releaseFixture({ database: true, ops: { watch: shortWatch } });
    const { supabase, postgres } = fixture.sandbox.description;
    const { backups } = fixture.sandbox.supabase;
    const platform = {
      backup: 'platform',
      'backup-reason': reason,
      'supabase-access-token': supabase.token,
      'supabase-project': supabase.project,
      'supabase-api-url': supabase.apiUrl,
    };
    const columns = async () => {
      const connection = await connect(postgres.url ?? '', { applicationName: 'test' });
      const sql = `SELECT attname::text AS name FROM pg_attribute WHERE attrelid = to_regclass('notes') AND attnum > 0 ORDER BY 1`;
      const rows = await connection.query<{ name: string }>(sql).finally(() => connection.close());
      return rows.map(({ name }) => name);
    };

    // No migration is due without a table: everything of the example is.
    const silent = await fixture.release({ version: 'v1.0.0', inputs: { ...platform, 'backup-reason': '' } });
    assert.deepEqual([silent.decision, silent.reasonCode], ['refused', 'backup_reason_missing'], silent.lastLine);
    const off = await fixture.release({ version: 'v1.0.0', inputs: platform });
    assert.deepEqual([off.decision, off.reasonCode], ['refused', 'platform_backup_not_offered'], off.lastLine);
    Object.assign(backups, { daily: 7 });
    const logical = await fixture.release({ version: 'v1.0.0', inputs: platform });
    assert.deepEqual([logical.decision, logical.reasonCode], ['refused', 'point_in_time_off'], logical.lastLine);
    assert.deepEqual(await columns(), []);
    assert.equal(backups.points.size, 0, 'nothing was asked for');

    Object.assign(backups, { pitrEnabled: true, walgEnabled: true, latest: Math.floor(Date.now() / 1000) - 60 });
    const first = await fixture.release({ version: 'v1.0.0', inputs: platform });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    assert.match(
      first.report.steps.find((step) => step.id === 'migrate')?.outputs.summary ?? '',
      /relying on point-in-time recovery to .*not restore-tested by us; no recovery drill of ours has passed/,
    );
    const says = /Weaker than standard: a restore point of the platform counts, not restore-tested by us.*900 GB/;
    assert.match(first.warnings.join('\n'), says);
    const sent = (service: string) =>
      JSON.stringify(fixture.sandbox.requests().filter((one) => one.service === service));
    for (const told of ['slack', 'github']) assert.match(sent(told), /not restore-tested by us.*900 GB, a dump/, told);
    assert.equal(backups.points.size, 0, 'a moment of the last minute needs no point');

    // Recovery that stopped an hour ago is none: a point is asked for, and has to become available.
    Object.assign(backups, { latest: Math.floor(Date.now() / 1000) - 3600, pendingLooks: 0 });
    const mood = column('mood', '20260106090000');
    const point = await fixture.release({ version: 'v1.1.0', files: mood, inputs: platform });
    assert.equal(point.decision, 'released', point.errors.join('\n'));
    assert.equal(backups.points.size, 1);

    Object.assign(backups, { ending: 'FAILED' });
    backups.points.clear();
    const more = { ...mood, ...column('more', '20260107090000') };
    const before = await columns();
    expectEnd(fixture, await fixture.release({ version: 'v1.2.0', files: more, inputs: platform }), {
      decision: 'failed',
      reason: 'restore_point_failed',
      conclusion: 'failure',
      says: /no migration was started: restore point ops-\S+ of the platform is FAILED/,
      serves: point.deploymentId,
    });
    assert.deepEqual(await columns(), before);
  });
});
