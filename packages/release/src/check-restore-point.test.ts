import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseConnection } from '#postgres/connection';
import type { PlatformBackups, PlatformState } from '#supabase/platform-backups';
import { SupabaseError } from '#supabase/supabase-error';
import { checkRestorePoint, judgeBackupMode } from './check-restore-point.ts';

const now = 1_800_000_000;
const state: PlatformState = { status: 'ACTIVE_HEALTHY', pointInTime: false, physical: true, daily: 7, backups: [] };
const connection = {} as DatabaseConnection;

async function platform(more: Partial<PlatformState> | Error, earlierBackup = false) {
  const read = async () => {
    if (more instanceof Error) throw more;
    return { ...state, ...more };
  };
  const backups = { read } as PlatformBackups;
  const lastDrill = async () => 'the last recovery drill of ours passed on 2027-01-02';
  const request = {
    recipients: [],
    backupNeeded: true,
    platform: { backups, lastDrill, earlierBackup, now: now * 1000 },
  };
  return await checkRestorePoint(request, connection, 'migrations are pending');
}

test('a restore point of the platform is looked for before anything starts, and nobody calls it tested', async () => {
  const [recovery] = await platform({ pointInTime: true, latest: now - 60 });
  assert.deepEqual(
    [recovery?.severity, recovery?.message],
    [
      'notice',
      'restore point: point-in-time recovery to 2027-01-15T07:59:00Z (not restore-tested by us; the last recovery drill of ours passed on 2027-01-02)',
    ],
  );
  const [point] = await platform({});
  assert.match(
    point?.message ?? '',
    /point-in-time recovery is off; a named restore point .* up to 10 minutes \(not restore-tested/,
  );
  const [old] = await platform({ pointInTime: true, latest: now - 3600 });
  assert.match(old?.message ?? '', /its newest moment is 60 minutes old \(limit 10\)/);
});

test('recovery that is off without physical backups, a paused project and a silent platform refuse, or warn with max-age', async () => {
  const faults: [Partial<PlatformState> | Error, string][] = [
    [{ physical: false }, 'point_in_time_off'],
    [{ physical: false, daily: 0 }, 'platform_backup_not_offered'],
    [{ status: 'INACTIVE' }, 'project_paused'],
    [new SupabaseError('supabase_unreachable', 'no answer'), 'supabase_unreachable'],
  ];
  for (const [fault, code] of faults) {
    const [refused, ...others] = await platform(fault);
    assert.deepEqual([refused?.code, refused?.severity, others], [code, 'refuse', []]);
    const [warned] = await platform(fault, true);
    assert.deepEqual([warned?.code, warned?.severity], [code, 'warning']);
  }
  await assert.rejects(platform(new TypeError('ours')), TypeError);
});

test('the estimate says minutes and room, and which mode fits', () => {
  const gigabytes = (bytes: number) => `${bytes / 1e9} GB`;
  const judge = (bytes: number, free: number | undefined, seconds = bytes / 2e7) =>
    judgeBackupMode({ bytes, seconds, room: { needed: 2 * bytes, free } }, gigabytes);
  assert.deepEqual(judge(1e9, 50e9), {
    code: 'backup_estimate',
    severity: 'notice',
    message:
      'estimate: backup and proof of 1 GB take under a minute, and about 2 GB for the scratch copy, of which 50 GB are free',
  });
  const tight = judge(20e9, 14e9);
  assert.equal(tight.severity, 'warning');
  assert.match(tight.message, /about 17 minutes.*40 GB .* 14 GB are free: that may not fit$/);
  assert.match(tight.fix ?? '', /TMPDIR.*backup: platform/);
  const long = judge(900e9, 2_000e9);
  assert.deepEqual([long.severity, /: it fits$/.test(long.message)], ['notice', true]);
  assert.match(long.fix ?? '', /^where that is too long: backup: platform/);
  // A proof that restores nothing needs no room.
  const checksum = judgeBackupMode({ bytes: 1e9, seconds: 50, room: undefined }, gigabytes);
  assert.equal(checksum.message, 'estimate: backup and proof of 1 GB take under a minute');
});
