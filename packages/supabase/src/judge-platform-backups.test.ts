import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgePlatformBackups } from './judge-platform-backups.ts';
import type { PlatformState } from './platform-backups.ts';

const now = 1_800_000_000;
const hour = 3_600;
const completed = (hours: number) => ({ id: hours, status: 'COMPLETED', at: now - hours * hour });
const base: PlatformState = { status: 'ACTIVE_HEALTHY', pointInTime: false, physical: true, daily: 0, backups: [] };
const judge = (more: Partial<PlatformState>, wantedDays?: number) =>
  judgePlatformBackups(
    { ...base, ...more },
    { now, maxAgeSeconds: 26 * hour, ...(wantedDays === undefined ? {} : { wantedDays }) },
  );

test('the newest backup of the platform must be young and must not have failed', () => {
  assert.equal(judge({ backups: [completed(20), completed(44)] }).verdict, 'fresh');
  assert.equal(judge({ backups: [completed(30)] }).reasonCode, 'platform_backup_too_old');
  assert.match(judge({ backups: [completed(30)] }).message, /the newest is 30 h old.*limit 26 h/);
  assert.equal(judge({}).reasonCode, 'platform_backup_too_old', 'offered, and there is none');
  const failed = { id: 9, status: 'FAILED', at: now - 2 * hour };
  assert.equal(judge({ backups: [failed, completed(20)] }).reasonCode, 'platform_backup_failed');
  assert.equal(judge({ backups: [completed(1), failed] }).verdict, 'fresh', 'one was completed since');
  const recovery = { pointInTime: true, earliest: now - 7 * 24 * hour, latest: now - 120 };
  assert.equal(judge(recovery).verdict, 'fresh');
  assert.equal(judge({ ...recovery, latest: now - 30 * hour }).reasonCode, 'platform_backup_too_old');
  const endOnly = judge({ pointInTime: true, latest: now - 60 });
  assert.equal(endOnly.verdict, 'fresh', 'the platform names no beginning');
  assert.doesNotMatch(endOnly.message, /back to/);
});

test('a plan that offers none and a paused project are named and are no alert', () => {
  assert.equal(judge({ physical: false }).verdict, 'not-offered');
  assert.equal(judge({ status: 'INACTIVE', backups: [completed(300)] }).verdict, 'paused');
});

test('a window that is shorter than the configured retention is told with both numbers', () => {
  const week = { backups: [completed(1), completed(7 * 24)] };
  assert.match(judge(week, 30).warning ?? '', /reach back 7 days, and 30 are configured/);
  assert.equal(judge(week, 7).warning, undefined);
  assert.equal(judge(week).warning, undefined, 'nobody configured any');
  const recovery = { pointInTime: true, earliest: now - 14 * 24 * hour, latest: now - 60 };
  assert.match(judge(recovery, 30).warning ?? '', /reach back 14 days/);
});
