import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBackupSchedule } from './parse-backup-schedule.ts';

for (const { words, cron, timeIsSaid, every } of [
  { words: 'daily', cron: '0 2 * * *', timeIsSaid: false, every: 'day' },
  { words: 'daily at 02:00 UTC', cron: '0 2 * * *', timeIsSaid: true, every: 'day' },
  { words: ' Daily  at 23:59 utc ', cron: '59 23 * * *', timeIsSaid: true, every: 'day' },
  { words: 'daily at 00:00 UTC', cron: '0 0 * * *', timeIsSaid: true, every: 'day' },
  { words: 'weekly', cron: '0 2 * * 0', timeIsSaid: false, every: 'week' },
  { words: 'weekly on Monday at 04:05 UTC', cron: '5 4 * * 1', timeIsSaid: true, every: 'week' },
]) {
  test(`backups ${words.trim()} are ${cron}`, () =>
    assert.deepEqual(parseBackupSchedule(words), { cron, timeIsSaid, every }));
}

for (const words of [
  '',
  'nightly',
  'daily at 2:00',
  'daily at 24:00 UTC',
  'daily at 02:00',
  'weekly on someday',
  'daily on Monday',
  '0 2 * * *',
]) {
  test(`"${words}" is refused as a schedule of backups`, () =>
    assert.throws(() => parseBackupSchedule(words), /is not a schedule of backups: write "daily"/));
}
