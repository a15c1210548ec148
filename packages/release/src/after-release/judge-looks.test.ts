import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judgeBackups, judgeData, judgeDatabase, judgeGate, judgeRecovery } from './judge-looks.ts';

const now = Date.parse('2026-03-03T10:00:00Z') / 1000;
const hour = 3_600;
const day = 24 * hour;

describe('one look at a moment', () => {
  test('a step that did not run, or could not, passes nothing', () => {
    assert.equal(judgeGate(undefined, undefined).verdict, 'could-not-run');
    assert.equal(judgeGate('could-not-run', 'no address').verdict, 'could-not-run');
    assert.deepEqual(judgeGate('fail', 'HTTP 503'), { verdict: 'fail', value: 'HTTP 503' });
    assert.equal(judgeGate('flaky', 'one of two').verdict, 'pass');
  });

  test('rows that are wrong fail, and without queries nothing is known of the data', () => {
    assert.deepEqual(judgeData({ faults: ['orphans found 3 rows that are wrong'], passed: [] }), {
      verdict: 'fail',
      value: 'orphans found 3 rows that are wrong',
    });
    assert.equal(judgeData({ faults: [], passed: ['orphans found nothing wrong'] }).verdict, 'pass');
    const unread = { faults: ['orphans: cannot be checked (SQLSTATE 42501)'], passed: [] };
    assert.equal(judgeData(unread).verdict, 'could-not-run');
    assert.equal(judgeData(undefined).verdict, 'could-not-run');
  });

  test('the database is judged by what is wrong now, not by the schema; queries are not named', () => {
    const warning = (code: string) => ({ severity: 'warning' as const, code });
    assert.equal(judgeDatabase([warning('invalid_index'), warning('row_security_off')]).verdict, 'pass');
    assert.deepEqual(judgeDatabase([warning('long_query'), warning('replication_lag')]), {
      verdict: 'fail',
      value: 'the doctor found long_query, replication_lag',
    });
    assert.equal(judgeDatabase([warning('not_read')]).verdict, 'could-not-run');
    const hidden = { severity: 'notice' as const, code: 'sessions_hidden' };
    assert.equal(
      judgeDatabase([hidden]).verdict,
      'could-not-run',
      'a role that sees its own sessions only knows nothing',
    );
    assert.equal(judgeDatabase([hidden, warning('lock_queue')]).verdict, 'fail');
  });
});

describe('whether backups run after a release (BAK-12)', () => {
  const own = { name: 'production-1', at: now - 2 * hour };
  const platform = (status: string, at: number) => ({
    status: 'ACTIVE_HEALTHY',
    pointInTime: false,
    physical: false,
    daily: 1,
    backups: [{ id: 2, status, at }],
  });

  test('a young one passes; an old one, none, or a failed one of the platform keeps the window open', () => {
    assert.equal(judgeBackups({ own, platform: undefined, now }).verdict, 'pass');
    assert.deepEqual(judgeBackups({ own: { ...own, at: now - 3 * day }, platform: undefined, now }), {
      verdict: 'open',
      value: 'production-1 is 72 h old (limit 26 h)',
    });
    assert.equal(judgeBackups({ own: undefined, platform: undefined, now }).verdict, 'open');
    const failed = judgeBackups({ own, platform: platform('FAILED', now - hour), now });
    assert.equal(failed.verdict, 'open');
    assert.match(failed.value, /failed, and none has been completed since/);
    assert.equal(judgeBackups({ own: undefined, platform: platform('COMPLETED', now - hour), now }).verdict, 'pass');
  });

  test('a platform that does not answer is no backup', () => {
    const silent = judgeBackups({ own: undefined, platform: new Error('HTTP 500'), now });
    assert.deepEqual(silent, { verdict: 'could-not-run', value: 'HTTP 500' });
  });
});

describe('whether recovery is proven after a release (DRD-05)', () => {
  const drill = (at: number, passed = true) => ({ at, passed });

  test('a new migration without a later drill keeps the window open', () => {
    const drills = [drill(now - 2 * day)];
    assert.equal(judgeRecovery({ drills, migratedAt: now - 3 * day, now }).verdict, 'pass');
    assert.deepEqual(judgeRecovery({ drills, migratedAt: now - day, now }), {
      verdict: 'open',
      value: 'no drill has passed since the newest migration',
    });
    const later = [drill(now - hour, false), ...drills];
    assert.equal(
      judgeRecovery({ drills: later, migratedAt: now - day, now }).verdict,
      'open',
      'a failed drill proves nothing',
    );
  });

  test('a drill that is older than its limit, or none at all', () => {
    assert.equal(judgeRecovery({ drills: [], migratedAt: undefined, now }).verdict, 'open');
    const old = { drills: [drill(now - 40 * day)], migratedAt: undefined, now };
    assert.equal(judgeRecovery(old).verdict, 'pass');
    assert.match(judgeRecovery({ ...old, limitSeconds: 35 * day }).value, /40 days old \(limit 35\)/);
  });
});
