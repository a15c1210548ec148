import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { connect } from '#postgres/connection';
import { migrateByHand } from './migrate-by-hand.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch } from './release-fixture.ts';

const installed = (await listPostgres()).some((found) => found.server);
const folder = 'supabase/migrations';
const inputs = { 'throw-away': 'true' };
const database = (more: object = {}) => ({ backup: { policy: 'skip' }, ...more });
const mood = { [`${folder}/20260106090000_add_mood.sql`]: 'ALTER TABLE notes ADD COLUMN mood text;\n' };
const dropMood = { [`${folder}/20260107090000_drop_mood.sql`]: 'ALTER TABLE notes DROP COLUMN mood;\n' };
/** Held as one that drops, and fails on what is there. */
const failing = {
  [`${folder}/20260107090000_drop_mood.sql`]: 'ALTER TABLE notes DROP COLUMN mood;\nSELECT 1 / 0;\n',
};
const ops = (more: object = {}) => ({ '.github/ops.yml': opsFile({ watch: shortWatch, database: database(more) }) });
const sameRun = { contract: 'same-run' };

async function hasMood({ sandbox }: ReleaseFixture): Promise<boolean> {
  const connection = await connect(sandbox.description.postgres.url ?? '', { applicationName: 'test' });
  const sql = `SELECT count(*)::int AS n FROM pg_attribute WHERE attrelid = 'notes'::regclass AND attname = 'mood' AND NOT attisdropped`;
  const [row] = await connection.query<{ n: number }>(sql).finally(() => connection.close());
  return row?.n === 1;
}

describe('what older code needs', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('is held, and goes by hand a release later: from expand to contract, played to its end', async () => {
    await using fixture = await releaseFixture({ database: true });
    const first = await fixture.release({ version: 'v1.0.0', files: { ...ops(), ...mood }, inputs });
    assert.equal(first.decision, 'released', first.errors.join('\n'));
    const second = await fixture.release({ version: 'v1.1.0', files: { ...ops(), ...mood, ...dropMood }, inputs });
    assert.deepEqual([second.decision, await hasMood(fixture)], ['released', true], second.errors.join('\n'));
    assert.match(second.lastLine, /Held for a later release: 20260107090000_drop_mood\.sql/);
    const third = await fixture.release({
      version: 'v1.2.0',
      files: { ...ops(), ...mood, ...dropMood, 'public/new.html': '<p>new</p>' },
      inputs,
    });
    assert.deepEqual(
      [third.decision, await hasMood(fixture)],
      ['released', true],
      'a release alone takes nothing away',
    );
    const dispatched = await migrateByHand(fixture, 'v1.2.0', 7001, { phase: 'contract' });
    assert.deepEqual(
      [dispatched.conclusion, await hasMood(fixture)],
      ['success', false],
      JSON.stringify(dispatched.annotations),
    );
    const fourth = await fixture.release({
      version: 'v1.3.0',
      files: { ...ops(), ...mood, ...dropMood, 'public/newer.html': '<p>newer</p>' },
      inputs,
    });
    assert.equal(fourth.decision, 'released', fourth.lastLine);
    assert.doesNotMatch(fourth.lastLine, /Held/);
  });

  test('contract: same-run takes it away in the release that brings it, once its watch has passed, and closes the way back', async () => {
    await using fixture = await releaseFixture({ database: true });
    const first = await fixture.release({ version: 'v1.0.0', files: { ...ops(), ...mood }, inputs });
    const lines: string[] = [];
    const onRawLine = (line: string) => void lines.push(line);
    const second = await fixture.release({
      version: 'v1.1.0',
      files: { ...ops(sameRun), ...mood, ...dropMood },
      inputs,
      onRawLine,
    });
    assert.deepEqual([second.decision, second.conclusion], ['released', 'success'], second.errors.join('\n'));
    assert.equal(await hasMood(fixture), false);
    assert.match(second.lastLine, /Contract: Applied .*20260107090000_drop_mood\.sql/);
    assert.doesNotMatch(second.lastLine, /Held for a later release/);
    assert.match(lines.join('\n'), /after a passed watch this release applies 20260107090000_drop_mood\.sql/);
    const back = await fixture.rollback({ version: 'v1.1.0', inputs: { ...inputs, confirm: 'production' } });
    assert.notEqual(back.decision, 'rolled-back', back.lastLine);
    assert.match(back.lastLine, /20260107090000_drop_mood\.sql/);
    assert.equal(fixture.served(), second.deploymentId);
    assert.notEqual(first.deploymentId, second.deploymentId);
  });

  test('where that fails the file is undone whole, and the release is live, proven and red', async () => {
    await using fixture = await releaseFixture({ database: true });
    await fixture.release({ version: 'v1.0.0', files: { ...ops(), ...mood }, inputs });
    const second = await fixture.release({
      version: 'v1.1.0',
      files: { ...ops(sameRun), ...mood, ...failing },
      inputs,
    });
    assert.deepEqual(
      [second.decision, second.reasonCode, second.conclusion],
      ['released', 'contract_failed', 'failure'],
      second.lastLine,
    );
    assert.deepEqual([await hasMood(fixture), fixture.served()], [true, second.deploymentId]);
    assert.match(second.lastLine, /Held for a later release: 20260107090000_drop_mood\.sql/);
  });
});
