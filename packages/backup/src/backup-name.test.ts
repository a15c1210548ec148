import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupName, beforeRestoreName, isBeforeRestore } from './backup-name.ts';

const given = { environment: 'production', at: Date.UTC(2026, 0, 24, 10, 15, 7, 250), runId: 42, runAttempt: 1 };

test('the name follows the pattern and is never the name of another backup', () => {
  assert.equal(backupName(given), 'backup-production-20260124T101507Z-42.1');
  const pattern = 'backup_{date}';
  const first = backupName({ ...given, pattern });
  assert.equal(first, 'backup_20260124-42.1');
  const later = given.at + 3_600_000;
  const others = [
    backupName({ ...given, pattern, at: later, runId: 43 }),
    backupName({ ...given, pattern, at: later, runAttempt: 2 }),
    backupName({ ...given, pattern, purpose: 'contract' }),
    backupName({ ...given, pattern, purpose: 'undo' }),
  ];
  assert.equal(
    new Set([first, ...others]).size,
    5,
    'two migrations on one day are two files, and so are the restore points of one release',
  );
  assert.equal(backupName({ ...given, pattern: '{environment}/{time}', environment: 'a b' }), 'a-b-101507-42.1');
});

test('the name of a state that is given up says so', () => {
  const name = beforeRestoreName(given);
  assert.equal(name, 'before-restore-20260124T101507Z-42.1');
  assert.deepEqual([isBeforeRestore(name), isBeforeRestore(backupName(given))], [true, false]);
});
